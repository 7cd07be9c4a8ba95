/** Records that tests of sinks share: one of each meaning, with every field that a format maps. */
import { createHash } from 'node:crypto';

import type { AuditDraft, AuditRecord } from '../record.ts';
import type { SinkEvent } from './sink.ts';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

export function sampleEvent(seq: number, draft: AuditDraft): SinkEvent {
  const record: AuditRecord = {
    v: 1,
    seq,
    writer: 'main',
    epoch: 3,
    prev: hashOf(`sample ${seq - 1}`),
    at: new Date(Date.UTC(2026, 10, 27, 8, 0, 0, seq)).toISOString(),
    ...draft,
  };
  return { record, hash: hashOf(`sample ${seq}`) };
}

const CALL = {
  requestId: 'req_sample',
  tenant: 'acme',
  team: 'red',
  user: 'alice@example.com',
  endUser: 'end-user-7',
  key: 'key_sample',
  auth: 'api-key',
  ip: '192.0.2.7',
  route: 'chat-completions',
  dialect: 'openai-chat',
  model: 'fast',
  policyVersion: 'policy-1',
} as const;

export const samples = {
  admit: sampleEvent(1, { kind: 'admit', ...CALL, decision: 'allow' }),
  complete: sampleEvent(2, {
    kind: 'complete',
    ...CALL,
    decision: 'allow',
    status: 200,
    provider: 'openai',
    deployment: 'openai/gpt',
    usage: { inputTokens: 11, outputTokens: 22, costNanoUsd: 3_300, source: 'provider' },
    guards: [
      {
        name: 'pii',
        mode: 'enforce',
        action: 'redact',
        category: 'email',
        count: 2,
        textDigest: 'digest',
      },
    ],
  }),
  blocked: sampleEvent(3, {
    kind: 'deny',
    ...CALL,
    decision: 'deny',
    reason: 'content-blocked: house, falcon',
    status: 400,
    guards: [{ name: 'house', mode: 'enforce', action: 'block', category: 'falcon', count: 1 }],
  }),
  stranger: sampleEvent(4, {
    kind: 'deny',
    ip: '2001:db8::/64',
    status: 401,
    count: 5,
    first: '2026-11-27T08:00:00.000Z',
    last: '2026-11-27T08:00:01.000Z',
    reasons: { 'credential-rejected': 5 },
  }),
  change: sampleEvent(5, {
    kind: 'admin',
    requestId: 'req_change',
    user: 'root',
    action: 'key.create',
    resource: 'key/key_9',
    decision: 'allow',
    diff: { fields: ['roles'] },
  }),
  system: sampleEvent(6, { kind: 'system', action: 'heartbeat' }),
} as const;
