/**
 * ArcSight Common Event Format, version 0 of the header. In the header a backslash and a pipe are
 * escaped, in the extension a backslash and an equals sign ("Character encoding" of the CEF guide);
 * whatever else could end a line or a field is written as its name.
 */
import { isIP } from 'node:net';

import { inertText } from '../inert-text.ts';
import type { Render, SinkEvent } from '../sink.ts';
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
const VALUE_CHARS_MAX = 1_023;

const header = (text: string): string =>
  inertText(text, 63).replaceAll(/[\\|]/gu, (found) => `\\${found}`);
const value = (of: string | number): string =>
  inertText(String(of), VALUE_CHARS_MAX).replaceAll(/[\\=]/gu, (found) => `\\${found}`);

export const renderCef: Render = (event) => {
  const { record } = event;
  const head = [
    'CEF:0',
    'LLMProxy',
    'LLMProxy',
    String(record.v),
    header(verbOf(record)),
    header(`${meaningOf(record)} ${verbOf(record)}`),
    SEVERITY[severityOf(record)],
  ].join('|');
  const fields = [...pairs(event)].map(([name, of]) => `${name}=${value(of)}`);
  return `${head}|${fields.join(' ')}`;
};

type Pair = readonly [name: string, value: string | number];

function* pairs(event: SinkEvent): Iterable<Pair> {
  const { record, hash } = event;
  const { writer, seq, at, usage } = record;
  const address = addressOf(record);
  yield ['rt', Date.parse(at)];
  yield ['externalId', `${writer}-${seq}`];
  yield ['outcome', isFailure(record) ? 'failure' : 'success'];
  yield* present('act', record.decision);
  yield* present('reason', record.reason);
  yield* present('app', record.dialect);
  yield* present('suser', record.user);
  yield* present('suid', record.key);
  if (address !== undefined && isIP(address) === 4) yield ['src', address];
  else if (address !== undefined) yield* labelled('c6a2', 'Source IPv6 Address', address);
  else yield* present('llmproxyNetwork', record.ip);
  yield* present('cnt', record.count);
  yield* present('requestContext', record.requestId);
  yield* labelled('cs1', 'tenant', record.tenant);
  yield* labelled('cs2', 'model', record.model);
  yield* labelled('cs3', 'endUser', record.endUser);
  yield* labelled('cs4', 'guards', guardsText(record));
  yield* labelled('cs5', 'resource', record.resource ?? record.deployment);
  yield* labelled('cs6', 'policyVersion', record.policyVersion);
  yield* labelled('cn1', 'seq', seq);
  yield* labelled('cn2', 'inputTokens', usage?.inputTokens);
  yield* labelled('cn3', 'outputTokens', usage?.outputTokens);
  yield* present('llmproxyStatus', record.status);
  yield* present('llmproxyCostNanoUsd', usage?.costNanoUsd);
  yield* labelled('flexString1', 'hash', hash);
  yield* labelled('flexString2', 'prev', record.prev);
}

const present = (name: string, of: string | number | undefined): readonly Pair[] =>
  of === undefined ? [] : [[name, of]];

const labelled = (name: string, label: string, of: string | number | undefined): readonly Pair[] =>
  of === undefined
    ? []
    : [
        [`${name}Label`, label],
        [name, of],
      ];
