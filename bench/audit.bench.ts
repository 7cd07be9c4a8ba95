/**
 * What both records of a call cost, and how fast a log is verified.
 *
 *   node bench/audit.bench.ts
 *
 * `append` measures admit + complete appended together and acknowledged, `depth` calls a turn.
 * Prints one JSON line.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AuditDraft } from '#audit/record.ts';
import { verifyLog } from '#audit/verify.ts';
import { openAuditLog } from '#audit/writer.ts';

import { newSigner, sequencerOf } from '../tests/support/signed-log.ts';

const ROUNDS = 200;
const PER_ROUND = 100;

const admit = (requestId: string): AuditDraft => ({
  kind: 'admit',
  requestId,
  tenant: 'acme',
  team: 'core',
  user: 'user-4711',
  key: 'aB3dE6gH9jK2',
  auth: 'api-key',
  ip: '198.51.100.27',
  route: '/v1/chat/completions',
  dialect: 'openai-chat',
  model: 'fast',
  decision: 'allow',
  rule: 'analyst-1',
  role: 'analyst',
  limits: [
    { name: 'per-key', remaining: 59 },
    { name: 'user-tokens', remaining: 99_000 },
  ],
  reservation: { id: requestId, estimateNanoUsd: 1_200_000, estimateTokens: 2_200 },
  policyVersion: 'b94d27b9934d3e08',
});

const complete = (requestId: string): AuditDraft => ({
  kind: 'complete',
  requestId,
  tenant: 'acme',
  team: 'core',
  user: 'user-4711',
  key: 'aB3dE6gH9jK2',
  model: 'fast',
  provider: 'openai',
  deployment: 'fast/openai/gpt-4o-mini',
  attempts: [{ provider: 'openai', deployment: 'fast/openai/gpt-4o-mini', status: 200, ms: 812 }],
  decision: 'allow',
  guards: [
    {
      name: 'injection',
      mode: 'enforce',
      action: 'pass',
      position: 'user',
      count: 0,
      scannedChars: 1_024,
      textDigest: 'zKx8Jk1Vt0mJ2mZJ1m0b2xq8f0Zr7o8m3wQeJvYtR6U',
      us: 41,
    },
  ],
  usage: {
    inputTokens: 256,
    outputTokens: 128,
    costNanoUsd: 115_200,
    source: 'provider',
    priceVersion: '2026-11-01',
  },
  timings: { totalMs: 820, ttftMs: 310, upstreamMs: 811, gatewayUs: 140 },
  status: 200,
});

async function appendCost(
  dir: string,
  depth: number,
): Promise<{ min: number; median: number; p99: number; cpu: number }> {
  const log = await openAuditLog({ dir, writer: `d${depth}`, lock: () => ({ release() {} }) });
  let calls = 0;
  const turn = async (): Promise<void> => {
    const ends: Promise<number>[] = [];
    for (let index = 0; index < depth; index += 1) {
      const requestId = `req_${String(calls).padStart(16, '0')}`;
      calls += 1;
      ends.push(log.append(admit(requestId)), log.append(complete(requestId)));
    }
    await Promise.all(ends);
  };
  for (let index = 0; index < 2_000 / depth; index += 1) await turn();
  const timesUs: number[] = [];
  const cpu = process.cpuUsage();
  const before = calls;
  for (let round = 0; round < ROUNDS; round += 1) {
    const startNs = process.hrtime.bigint();
    for (let index = 0; index < PER_ROUND / depth; index += 1) await turn();
    const done = Math.ceil(PER_ROUND / depth) * depth;
    timesUs.push(Number(process.hrtime.bigint() - startNs) / done / 1_000);
  }
  const { user, system } = process.cpuUsage(cpu);
  const seq = log.status().lastSeq;
  await log.close();
  // A benchmark that did not do the work is the fastest of all.
  assert.ok(seq >= calls * 2, 'every record was written');
  timesUs.sort((a, b) => a - b);
  const at = (share: number): number => timesUs[Math.floor(timesUs.length * share)] ?? Number.NaN;
  return { min: at(0), median: at(0.5), p99: at(0.99), cpu: (user + system) / (calls - before) };
}

interface Verified {
  readonly perSecond: number;
  readonly bytesPerRecord: number;
  /** Records put into the Merkle log and signed, a second. */
  readonly signedPerSecond: number;
  /** Verified with the Merkle log and the key. */
  readonly signed: number;
}

async function verifySpeed(dir: string): Promise<Verified> {
  const log = await openAuditLog({ dir, writer: 'v', lock: () => ({ release() {} }) });
  for (let index = 0; index < 300; index += 1) {
    const drafts: Promise<number>[] = [];
    for (let call = 0; call < 500; call += 1) {
      drafts.push(
        log.append({
          kind: 'complete',
          requestId: `req_${index}_${call}`,
          tenant: 'acme',
          user: 'user-4711',
          model: 'fast',
          decision: 'allow',
          status: 200,
        }),
      );
    }
    await Promise.all(drafts);
  }
  await log.flush();
  const { bytes } = log.status();
  await log.close();
  const startNs = process.hrtime.bigint();
  const { exit, records } = verifyLog(dir);
  const seconds = Number(process.hrtime.bigint() - startNs) / 1e9;
  assert.equal(exit, 0);
  assert.ok(records >= 150_000, 'every record was verified');
  const signer = newSigner();
  const signStartNs = process.hrtime.bigint();
  const sequencer = sequencerOf(dir, signer);
  const published = await sequencer.publish();
  sequencer.close();
  const signSeconds = Number(process.hrtime.bigint() - signStartNs) / 1e9;
  assert.equal(published?.size, records, 'every record was signed');
  const wholeStartNs = process.hrtime.bigint();
  const whole = verifyLog(dir, { keys: [signer.key.text] });
  const wholeSeconds = Number(process.hrtime.bigint() - wholeStartNs) / 1e9;
  assert.deepEqual([whole.exit, whole.tree?.size], [0, records]);
  return {
    perSecond: Math.round(records / seconds),
    bytesPerRecord: Math.round(bytes / records),
    signedPerSecond: Math.round(records / signSeconds),
    signed: Math.round(records / wholeSeconds),
  };
}

const root = mkdtempSync(join(tmpdir(), 'audit-bench-'));
try {
  const one = await appendCost(join(root, 'one'), 1);
  const ten = await appendCost(join(root, 'ten'), 10);
  const verify = await verifySpeed(join(root, 'verify'));
  process.stdout.write(
    `${JSON.stringify({ bench: 'audit', unit: 'µs per call', one, ten, verify })}\n`,
  );
} finally {
  rmSync(root, { recursive: true });
}
