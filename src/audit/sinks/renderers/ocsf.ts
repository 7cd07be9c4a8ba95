/**
 * Open Cybersecurity Schema Framework 1.9.0: API Activity (6003) with the AI operation profile for
 * calls and administration, Detection Finding (2004) for what a guard stopped, Authentication (3002)
 * for who was or was not proven, Base Event (0) for the log itself.
 *
 * The schema's own `attestation` is a hash of the OCSF event; ours is one of the record it was made
 * from. So prev and hash stand under `unmapped`, where they claim no more than they are.
 */
import type { AuditRecord } from '../../record.ts';
import { inertJson } from '../inert-text.ts';
import { type Render, type SinkEvent, sinkKey } from '../sink.ts';
import { addressOf, isFailure, type Meaning, meaningOf, severityOf, verbOf } from './meaning.ts';

export const OCSF_VERSION = '1.9.0';

interface Class {
  readonly uid: number;
  readonly name: string;
  readonly category: string;
  readonly profiles: readonly string[];
}

const API: Class = {
  uid: 6003,
  name: 'API Activity',
  category: 'Application Activity',
  profiles: ['ai_operation'],
};
const CLASSES: Readonly<Record<Meaning, Class>> = {
  call: API,
  change: { ...API, profiles: [] },
  finding: {
    uid: 2004,
    name: 'Detection Finding',
    category: 'Findings',
    profiles: ['security_control'],
  },
  login: {
    uid: 3002,
    name: 'Authentication',
    category: 'Identity & Access Management',
    profiles: [],
  },
  system: { uid: 0, name: 'Base Event', category: 'Uncategorized', profiles: [] },
};

const SEVERITY = {
  info: [1, 'Informational'],
  low: [2, 'Low'],
  medium: [3, 'Medium'],
  high: [4, 'High'],
} as const;

export const renderOcsf: Render = (event) => {
  const { record } = event;
  const meaning = meaningOf(record);
  const { uid, name, category, profiles } = CLASSES[meaning];
  const activity = activityOf(record, meaning);
  const [severity_id, severity] = SEVERITY[severityOf(record)];
  const time = Date.parse(record.at);
  return inertJson({
    class_uid: uid,
    class_name: name,
    category_uid: Math.floor(uid / 1_000),
    category_name: category,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: uid * 100 + activity.id,
    type_name: `${name}: ${activity.name}`,
    time,
    severity_id,
    severity,
    ...statusOf(record, meaning),
    message: `${meaning} ${verbOf(record)}`,
    metadata: {
      version: OCSF_VERSION,
      product: { name: 'LLMProxy', vendor_name: 'LLMProxy' },
      uid: sinkKey(event),
      sequence: record.seq,
      correlation_uid: record.requestId,
      log_name: 'audit',
      log_provider: record.writer,
      original_time: record.at,
      logged_time: time,
      profiles,
    },
    ...bodyOf(event, meaning),
    unmapped: { llmproxy: { ...restOf(record), record_integrity: integrityOf(event) } },
  });
};

interface Activity {
  readonly id: number;
  readonly name: string;
}
const OTHER = 99;

const CHANGES: readonly (readonly [RegExp, Activity])[] = [
  [/\.(?:create|mint|add)$/u, { id: 1, name: 'Create' }],
  [/\.(?:read|export|list)$/u, { id: 2, name: 'Read' }],
  [/\.(?:delete|revoke|remove|end)$/u, { id: 4, name: 'Delete' }],
  [/\.(?:update|rotate|release|reload|apply|write|set)$/u, { id: 3, name: 'Update' }],
];

function activityOf(record: AuditRecord, meaning: Meaning): Activity {
  const verb = verbOf(record);
  switch (meaning) {
    case 'finding':
      return { id: 1, name: 'Create' };
    case 'login':
      return /\.(?:end|delete|revoke)$/u.test(verb)
        ? { id: 2, name: 'Logoff' }
        : { id: 1, name: 'Logon' };
    case 'change':
      return CHANGES.find(([pattern]) => pattern.test(verb))?.[1] ?? { id: OTHER, name: verb };
    case 'call':
    case 'system':
      return { id: OTHER, name: verb };
  }
}

/** A finding's status is of its life as a finding; that of an activity says how it ended. */
function statusOf(record: AuditRecord, meaning: Meaning) {
  const { reason, status } = record;
  const told = { status_detail: reason, ...(status !== undefined && { status_code: `${status}` }) };
  if (meaning === 'finding') return { ...told, status_id: 1, status: 'New' };
  return isFailure(record)
    ? { ...told, status_id: 2, status: 'Failure' }
    : { ...told, status_id: 1, status: 'Success' };
}

function bodyOf(event: SinkEvent, meaning: Meaning): object {
  const { record } = event;
  switch (meaning) {
    case 'call':
      return { ...activityBody(record), ...aiBody(record) };
    case 'change':
      return activityBody(record);
    case 'finding':
      return findingBody(event);
    case 'login':
      return loginBody(record);
    case 'system':
      return {};
  }
}

const actorOf = ({ user, key, tenant }: AuditRecord) => ({
  ...(user !== undefined && {
    user: { name: user, ...(tenant !== undefined && { org: { uid: tenant } }) },
  }),
  app_uid: key ?? 'none',
});

const sourceOf = (record: AuditRecord) => {
  const ip = addressOf(record);
  // The schema asks for one of its fields; erased and left out read the same. A prefix is a name.
  return ip === undefined ? { name: record.ip ?? 'not recorded' } : { ip };
};

function activityBody(record: AuditRecord) {
  const { status, requestId, route, resource } = record;
  return {
    actor: actorOf(record),
    src_endpoint: sourceOf(record),
    api: {
      operation: route ?? verbOf(record),
      service: { name: 'LLMProxy' },
      ...(requestId !== undefined && { request: { uid: requestId } }),
      ...(status !== undefined && { response: { code: status } }),
    },
    ...(status !== undefined && { http_response: { code: status } }),
    ...(resource !== undefined && { resources: [{ uid: resource }] }),
  };
}

function aiBody({ model, provider, deployment, usage, requestId }: AuditRecord): object {
  if (model === undefined) return {};
  const counted = usage && {
    prompt_tokens: usage.inputTokens,
    completion_tokens: usage.outputTokens,
    total_tokens: usage.inputTokens + usage.outputTokens,
  };
  return {
    ai_model: { name: model, ai_provider: provider ?? 'unknown', uid: deployment },
    message_context: {
      uid: requestId,
      service: { name: provider ?? 'LLMProxy' },
      ai_role_id: 2,
      ai_role: 'Assistant',
      ...counted,
    },
  };
}

function findingBody(event: SinkEvent) {
  const { record } = event;
  const { guards = [], reason, at } = record;
  const acted = guards.filter(({ action }) => action === 'block');
  const types = acted.map(({ category }) => category).filter((one) => one !== undefined);
  const { actor, api, src_endpoint } = activityBody(record);
  return {
    action_id: 2,
    action: 'Denied',
    disposition_id: 2,
    disposition: 'Blocked',
    is_alert: true,
    finding_info: {
      uid: sinkKey(event),
      title: reason ?? 'content-blocked',
      types,
      created_time: Date.parse(at),
      analytic: { type_id: 1, type: 'Rule', name: acted[0]?.name ?? record.rule ?? 'guard' },
    },
    evidences: [{ actor, api, src_endpoint }],
  };
}

const loginBody = (record: AuditRecord) => ({
  user: { name: record.user ?? 'unknown' },
  service: { name: 'LLMProxy' },
  src_endpoint: sourceOf(record),
  auth_protocol_id: OTHER,
  auth_protocol: record.auth ?? 'unknown',
  is_remote: true,
  ...(record.count !== undefined && { count: record.count }),
});

/** What the classes have no attribute for. */
function restOf(record: AuditRecord): Partial<AuditRecord> {
  const { v: _v, prev: _prev, at: _at, user: _user, ip: _ip, requestId: _id, ...rest } = record;
  return rest;
}

const integrityOf = ({ record: { writer, epoch, seq, prev }, hash }: SinkEvent) => ({
  algorithm: 'SHA-256',
  writer,
  epoch,
  seq,
  prev,
  hash,
});
