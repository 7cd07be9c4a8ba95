/**
 * Elastic Common Schema. `gen_ai.*` are the schema's own names (beta there, after OpenTelemetry's
 * conventions); what it has no name for stands under `llmproxy`.
 */
import type { AuditRecord } from '../../record.ts';
import { inertJson } from '../inert-text.ts';
import { type Render, sinkKey } from '../sink.ts';
import { addressOf, isFailure, type Meaning, meaningOf, severityOf, verbOf } from './meaning.ts';

export const ECS_VERSION = '9.0.0';

/** Allowed values of event.category and event.type. */
const CATEGORY: Readonly<Record<Meaning, readonly string[]>> = {
  call: ['api'],
  finding: ['intrusion_detection'],
  login: ['authentication'],
  change: ['configuration'],
  system: ['process'],
};
const TYPE: Readonly<Record<Meaning, string>> = {
  call: 'access',
  finding: 'denied',
  login: 'start',
  change: 'change',
  system: 'info',
};
const SEVERITY = { info: 21, low: 47, medium: 73, high: 99 } as const;

export const renderEcs: Render = (event) => {
  const { record, hash } = event;
  const meaning = meaningOf(record);
  const address = addressOf(record);
  const { user, tenant, requestId, status } = record;
  return inertJson({
    '@timestamp': record.at,
    ecs: { version: ECS_VERSION },
    message: `${meaning} ${verbOf(record)}`,
    event: {
      kind: meaning === 'finding' ? 'alert' : 'event',
      category: CATEGORY[meaning],
      type: [record.kind === 'deny' && meaning === 'call' ? 'denied' : TYPE[meaning]],
      action: verbOf(record),
      outcome: isFailure(record) ? 'failure' : 'success',
      reason: record.reason,
      id: sinkKey(event),
      sequence: record.seq,
      hash,
      severity: SEVERITY[severityOf(record)],
      module: 'llmproxy',
      dataset: 'llmproxy.audit',
    },
    observer: { vendor: 'LLMProxy', product: 'LLMProxy', name: record.writer },
    ...(user !== undefined && { user: { name: user } }),
    ...(address !== undefined && { source: { ip: address } }),
    ...(tenant !== undefined && { organization: { id: tenant } }),
    ...(requestId !== undefined && { http: { request: { id: requestId }, ...responseOf(status) } }),
    ...(record.rule !== undefined && { rule: { name: record.rule } }),
    ...genAi(record),
    llmproxy: ownOf(record),
  });
};

const responseOf = (status: number | undefined) =>
  status === undefined ? {} : { response: { status_code: status } };

function genAi({ model, provider, usage }: AuditRecord) {
  if (model === undefined) return {};
  const counted = usage && { input_tokens: usage.inputTokens, output_tokens: usage.outputTokens };
  return { gen_ai: { request: { model }, system: provider, usage: counted } };
}

/** Everything but what has its place above; `prev` is here, because the schema has none for it. */
function ownOf(record: AuditRecord): Partial<AuditRecord> {
  const { at: _at, seq: _seq, user: _user, tenant: _tenant, requestId: _id, ...own } = record;
  return own;
}
