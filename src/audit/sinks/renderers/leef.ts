/**
 * Log Event Extended Format 2.0 (QRadar), with the caret between its attributes: a tab would be
 * rewritten by syslog receivers that escape control characters. The format has no escape of its own,
 * so a caret or a pipe in a value is written as its name.
 */
import { inertWithout } from '../inert-text.ts';
import type { Render } from '../sink.ts';
import {
  addressOf,
  guardsText,
  isFailure,
  meaningOf,
  type Severity,
  severityOf,
  verbOf,
} from './meaning.ts';

const SEVERITY: Readonly<Record<Severity, number>> = { info: 2, low: 4, medium: 6, high: 8 };
const TAKEN = /[|^]/gu;

export const renderLeef: Render = ({ record, hash }) => {
  const { usage } = record;
  const attributes: readonly (readonly [string, string | number | undefined])[] = [
    ['devTime', record.at],
    ['devTimeFormat', "yyyy-MM-dd'T'HH:mm:ss.SSSX"],
    ['cat', meaningOf(record)],
    ['sev', SEVERITY[severityOf(record)]],
    ['src', addressOf(record)],
    ['network', addressOf(record) === undefined ? record.ip : undefined],
    ['usrName', record.user],
    ['writer', record.writer],
    ['seq', record.seq],
    ['outcome', isFailure(record) ? 'failure' : 'success'],
    ['policy', record.policyVersion],
    ['decision', record.decision],
    ['reason', record.reason],
    ['status', record.status],
    ['tenant', record.tenant],
    ['team', record.team],
    ['serviceAccount', record.serviceAccount],
    ['key', record.key],
    ['endUser', record.endUser],
    ['requestId', record.requestId],
    ['model', record.model],
    ['deployment', record.deployment],
    ['resource', record.resource],
    ['guards', guardsText(record)],
    ['count', record.count],
    ['inputTokens', usage?.inputTokens],
    ['outputTokens', usage?.outputTokens],
    ['costNanoUsd', usage?.costNanoUsd],
    ['prev', record.prev],
    ['hash', hash],
  ];
  const written = attributes
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${inertWithout(String(value), TAKEN)}`);
  const eventId = inertWithout(verbOf(record), TAKEN, 64);
  return `LEEF:2.0|LLMProxy|LLMProxy|${record.v}|${eventId}|^|${written.join('^')}`;
};
