import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import type { AuditDraft } from '#audit/record.ts';
import type { AuditLog } from '#audit/writer.ts';
import type { AuditStatus } from '#audit/writer-settings.ts';
import { configSchema } from '#config/config.ts';
import { Fault } from '#domain/fault.ts';

import { CallAudit } from './call-audit.ts';

let nowMs = 0;
let state: AuditStatus['state'] = 'ok';
let bytes = 0;
let isSpoolFull = false;
let written: AuditDraft[] = [];
let counted: number[] = [];
let logged: string[] = [];
let listener: (state: AuditStatus['state']) => void = () => {};

/** A log that breaks and mends when the test says so. It takes what is no admission, as the real one. */
const audit = {
  append(draft: AuditDraft): Promise<number> {
    const isRefused = state === 'degraded' && draft.kind !== 'system';
    if (isRefused) return Promise.reject(new Fault('audit-failed', 'the audit log is degraded'));
    written.push(draft);
    return Promise.resolve(written.length);
  },
  status: () => ({ state }),
  onState(told: typeof listener) {
    listener = told;
    return () => {};
  },
} as unknown as AuditLog;

const setState = (next: AuditStatus['state']): void => {
  state = next;
  listener(next);
};

function callAudit(section: object): CallAudit {
  const config = configSchema.parse({ guards: [], audit: section });
  return new CallAudit(config.audit, {
    audit,
    clock: { nowMs: () => nowMs, monotonicMs: () => nowMs },
    log: { write: (_level, event) => void logged.push(event) },
    onWritten: (_draft, seq) => void counted.push(seq),
    bytes: () => bytes,
    isSpoolFull: () => isSpoolFull,
  });
}

beforeEach(() => {
  nowMs = 1_000;
  state = 'ok';
  bytes = 0;
  isSpoolFull = false;
  written = [];
  counted = [];
  logged = [];
});

const admit: AuditDraft = { kind: 'admit', requestId: 'r' };
const complete: AuditDraft = { kind: 'complete', requestId: 'r' };
const gaps = (): AuditDraft[] => written.filter(({ action }) => action === 'audit_gap');

test('deny: no record, no call; nothing is let through and nothing is relaxed', async () => {
  const port = callAudit({});
  assert.equal(port.isTaking, true);
  setState('degraded');
  assert.equal(port.isTaking, false);
  assert.equal(port.unready(), 'audit degraded');
  await assert.rejects(port.append(admit), Fault);
  setState('ok');
  assert.deepEqual(written, []);
  assert.equal(await port.append(admit), 1);
  assert.deepEqual(counted, [1]);
});

test('allow-with-gap: calls go on, and the gap is the first record when the log is back', async () => {
  const port = callAudit({ onFailure: 'allow-with-gap' });
  assert.equal(written[0]?.action, 'audit_relaxed', 'the relaxation is recorded');
  setState('degraded');
  assert.equal(port.isTaking, true);
  assert.equal(port.unready(), 'audit degraded');
  assert.equal(await port.append(admit), 0);
  assert.equal(await port.append(complete), 0);
  await port.append(admit);
  nowMs += 5_000;
  setState('ok');
  const [gap] = gaps();
  assert.deepEqual(gap?.diff, { policy: 'allow-with-gap', lengthMs: 5_000, admits: 2, ends: 1 });
  assert.deepEqual(counted, [], 'what has no record is not counted as if it had');
  assert.ok(logged.includes('audit-gap') && logged.includes('audit-gap-closed'));
});

test('deny-after: for so long, and then no more', async () => {
  const port = callAudit({ onFailure: 'deny-after', denyAfter: '1m' });
  setState('degraded');
  nowMs += 59_000;
  assert.equal(await port.append(admit), 0);
  nowMs += 2_000;
  assert.equal(port.isTaking, false);
  await assert.rejects(port.append(admit), Fault);
  setState('ok');
  assert.equal(gaps().length, 1);
  setState('degraded');
  assert.equal(port.isTaking, true, 'another trouble has its own time');
});

test('a quota that is reached refuses calls; somebody is told before', async () => {
  const quotaBytes = 64 * 1_024 * 1_024;
  const port = callAudit({ quotaBytes });
  bytes = quotaBytes * 0.75;
  port.measured();
  port.measured();
  assert.deepEqual(logged, ['audit-quota-near']);
  assert.equal(port.isTaking, true);
  bytes = quotaBytes;
  assert.equal(port.isTaking, false);
  assert.equal(port.unready(), 'audit quota reached');
  assert.equal(await port.append(complete), 1, 'calls in flight get their end');
  bytes = 0;
  port.measured();
  assert.equal(port.isTaking, true);
});

test('a quota is no way around a policy that lets calls go on for a while', async () => {
  const quotaBytes = 64 * 1_024 * 1_024;
  const port = callAudit({ quotaBytes, onFailure: 'deny-after', denyAfter: '1m' });
  bytes = quotaBytes;
  assert.equal(await port.append(admit), 0);
  nowMs += 61_000;
  assert.equal(port.isTaking, false);
  bytes = 0;
  port.measured();
  assert.deepEqual(gaps().length, 1);
});

test('receivers that are too far behind are as a full disk, until they have caught up', async () => {
  const port = callAudit({});
  isSpoolFull = true;
  assert.equal(port.isTaking, false);
  assert.equal(port.unready(), 'audit receivers too far behind');
  assert.equal(await port.append(complete), 1);
  isSpoolFull = false;
  assert.equal(port.isTaking, true);
});

test('another configuration: the relaxation is recorded when it comes, and once', () => {
  const port = callAudit({});
  const relaxed = configSchema.parse({ guards: [], audit: { onFailure: 'allow-with-gap' } }).audit;
  port.use(relaxed);
  port.use(relaxed);
  assert.deepEqual(
    written.map(({ action }) => action),
    ['audit_relaxed'],
  );
});
