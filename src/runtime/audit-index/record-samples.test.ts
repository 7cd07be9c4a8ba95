/** What records add to the numbers of the past. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AuditRecord } from '#audit/record.ts';

import { recordSamples } from './record-samples.ts';

const record = (changed: Partial<AuditRecord>): AuditRecord => ({
  v: 1,
  seq: 7,
  writer: 'main',
  epoch: 1,
  prev: '',
  at: '2026-11-27T12:00:00.000Z',
  kind: 'complete',
  requestId: 'req_1',
  tenant: 'acme',
  route: 'chat-completions',
  ...changed,
});

const told = (changed: Partial<AuditRecord>) =>
  recordSamples(record(changed)).map(({ kind, dims, counts }) => ({ kind, dims, counts }));

const callCounts = (changed: Partial<AuditRecord>) => {
  const counts = told(changed).find(({ kind }) => kind === 'calls')?.counts ?? {};
  return Object.entries(counts).flatMap(([name, count]) => (count > 0 ? [name] : []));
};

test('each call has one outcome, by how it ended', () => {
  const cases: readonly (readonly [Partial<AuditRecord>, string])[] = [
    [{ decision: 'allow', status: 200 }, 'answered'],
    [{ decision: 'allow', status: 404 }, 'answered'],
    [{ decision: 'allow', status: 503 }, 'failed'],
    [{ decision: 'fault', status: 200, reason: 'upstream-cut' }, 'failed'],
    [{ kind: 'deny', decision: 'deny', status: 429, reason: 'limit-reached: per-key' }, 'limited'],
    [{ kind: 'deny', decision: 'deny', status: 402, reason: 'budget-exhausted: m' }, 'limited'],
    [{ kind: 'deny', decision: 'deny', status: 400, reason: 'content-blocked: g, c' }, 'blocked'],
    [{ kind: 'deny', decision: 'deny', status: 200, reason: 'content-blocked: g, c' }, 'blocked'],
    [{ kind: 'deny', decision: 'deny', status: 403, reason: 'rule-denied' }, 'refused'],
    [{ kind: 'deny', decision: 'deny', status: 503, reason: 'guard-unavailable: g' }, 'failed'],
  ];
  for (const [changed, outcome] of cases)
    assert.deepEqual(callCounts(changed), ['requests', outcome], JSON.stringify(changed));
});

test('times are in microseconds, and a call that was not sent took none at a provider', () => {
  const timings = { totalMs: 12, ttftMs: 5, upstreamMs: 9, gatewayUs: 3_456 };
  const [sent] = recordSamples(record({ timings, deployment: 'openai/fast' }));
  assert.deepEqual(sent?.times, {
    total: 12_000,
    gateway: 3_456,
    firstByte: 5_000,
    upstream: 9_000,
  });
  const [unsent] = recordSamples(
    record({ timings: { totalMs: 1, gatewayUs: 900, upstreamMs: 0 } }),
  );
  assert.deepEqual(unsent?.times, { total: 1_000, gateway: 900 });
});

test('attempts and findings count apart, what passed and what only watches too', () => {
  const samples = told({
    decision: 'allow',
    status: 200,
    model: 'fast',
    key: 'key_1',
    attempts: [
      { provider: 'a', deployment: 'a/1', status: 503, ms: 4 },
      { provider: 'b', deployment: 'b/1', status: 200, ms: 9 },
      { provider: 'b', deployment: 'b/2', fault: 'upstream-silent' },
    ],
    guards: [
      {
        name: 'pii',
        mode: 'enforce',
        action: 'redact',
        category: 'email',
        position: 'user',
        count: 3,
      },
      { name: 'injection', mode: 'observe', action: 'block', category: 'jailbreak' },
      { name: 'secrets', mode: 'enforce', action: 'pass' },
    ],
  });
  assert.equal(samples[0]?.counts['redacted'], 1);
  assert.deepEqual(samples.slice(1), [
    { kind: 'attempts', dims: ['acme', 'a', 'a/1'], counts: { requests: 1, failed: 1 } },
    { kind: 'attempts', dims: ['acme', 'b', 'b/1'], counts: { requests: 1, failed: 0 } },
    { kind: 'attempts', dims: ['acme', 'b', 'b/2'], counts: { requests: 1, failed: 1 } },
    {
      kind: 'findings',
      dims: ['acme', 'pii', 'enforce', 'email', 'redact', 'user', 'fast', 'key_1'],
      counts: { count: 3, calls: 1 },
    },
    {
      kind: 'findings',
      dims: ['acme', 'injection', 'observe', 'jailbreak', 'block', null, 'fast', 'key_1'],
      counts: { count: 1, calls: 1 },
    },
  ]);
});

test('strangers who are refused are counted by reason, and are no calls', () => {
  const strangers = {
    kind: 'deny',
    requestId: undefined,
    tenant: undefined,
    status: 401,
    count: 12,
    reasons: { 'credential-rejected': 10, 'credential-missing': 2 },
  } as const;
  assert.deepEqual(told(strangers), [
    { kind: 'refusals', dims: [null, 'credential-rejected', '401'], counts: { count: 10 } },
    { kind: 'refusals', dims: [null, 'credential-missing', '401'], counts: { count: 2 } },
  ]);
  const signIn = { kind: 'auth', decision: 'deny', reason: 'password-wrong', status: 401 } as const;
  assert.deepEqual(told({ ...signIn, requestId: undefined }), [
    { kind: 'refusals', dims: ['acme', 'admin: password-wrong', '401'], counts: { count: 1 } },
  ]);
});

test('what is no end of a call adds nothing', () => {
  for (const kind of ['admit', 'admin', 'system'] as const) assert.deepEqual(told({ kind }), []);
});
