/**
 * AUD-03: whatever one file operation does, the log verifies and nothing acknowledged is lost. Every
 * instance of every operation of a 20-record run, through the port; and a short sweep with `strace`,
 * where the system has it.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readRecords } from '#audit/read.ts';
import { verifyLog } from '#audit/verify.ts';
import type { AuditDraft } from '#audit/record.ts';
import { type AuditLog, openAuditLog } from '#audit/writer.ts';

import {
  admitOf,
  completeOf,
  type FaultyFiles,
  faultyFiles,
  type FileFault,
  noLock,
  type Operation,
  operations,
} from './aud-helper.ts';

const FAULTS: readonly FileFault[] = ['EIO', 'ENOSPC', 'EINTR', 'short', 'delay', 'crash'];
// The faults are injected, so memory will do for a disk; hundreds of real syncs take a minute.
const root = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'aud-03-'));
after(() => rmSync(root, { recursive: true }));

const limits = {
  segmentBytesMax: 4_096,
  ballastBytes: 8_192,
  syncWaitMs: 1,
  hangMs: 60,
  replaceMs: 60,
  probeMs: 5,
};

/** Twenty records, small segments: opens, rotates, syncs, closes. Returns what was acknowledged. */
async function run(dir: string, files: FaultyFiles): Promise<Map<number, string>> {
  const acknowledged = new Map<number, string>();
  const append = async (log: AuditLog, draft: AuditDraft): Promise<void> => {
    const seq = await log.append(draft).catch(() => null);
    if (seq !== null) acknowledged.set(seq, `${draft.kind} ${draft.requestId}`);
  };
  try {
    const log = await openAuditLog({ dir, writer: 'w', lock: noLock, files, limits });
    for (let index = 0; index < 10; index += 1) {
      const id = `req-${index}`;
      await Promise.all([append(log, admitOf(id)), append(log, completeOf(id))]);
      if (index % 3 === 2) await log.flush().catch(() => {});
    }
    await log.close().catch(() => {});
  } catch (thrown) {
    // A log that cannot be opened acknowledges nothing; anything but its own fault is a bug.
    assert.equal(thrown instanceof Error ? thrown.name : '', 'Fault');
  }
  // A process that ends takes these with it; here they would go on beside the next one.
  await files.settled();
  return acknowledged;
}

async function assertKept(dir: string, acknowledged: ReadonlyMap<number, string>): Promise<void> {
  const kept = new Map<number, string>();
  for await (const { record } of readRecords(dir))
    kept.set(record.seq, `${record.kind} ${record.requestId}`);
  for (const [seq, name] of acknowledged)
    assert.equal(kept.get(seq), name, `record ${seq} was acknowledged`);
}

async function countCalls(): Promise<ReadonlyMap<Operation, number>> {
  const files = faultyFiles('open', -1, 'EIO');
  const dir = join(root, 'count');
  const acknowledged = await run(dir, files);
  assert.equal(acknowledged.size, 20);
  assert.equal(verifyLog(dir).exit, 0);
  return files.calls;
}

test('any fault of any file operation: the log verifies and keeps what was acknowledged', async (t) => {
  const calls = await countCalls();
  let runs = 0;
  let hits = 0;
  for (const operation of operations) {
    for (let at = 1; at <= (calls.get(operation) ?? 0); at += 1) {
      for (const fault of FAULTS) {
        runs += 1;
        const dir = join(root, `run-${runs}`);
        const files = faultyFiles(operation, at, fault);
        const where = `${operation} ${at} ${fault}`;
        const acknowledged = await run(dir, files);
        hits += Number(files.isHit);
        const { exit, firstBad } = verifyLog(dir);
        assert.ok(exit === 0 || exit === 4, `${where}: exit ${exit} ${JSON.stringify(firstBad)}`);
        await assertKept(dir, acknowledged);

        // And the next start repairs what there is to repair.
        // Its disk is the machine's own, which other work may slow down: no deadline is tested here.
        const patient = { ...limits, replaceMs: 30_000, hangMs: 30_000 };
        const next = await openAuditLog({ dir, writer: 'w', lock: noLock, limits: patient });
        await next.append(admitOf('after'));
        await next.close();
        assert.equal(verifyLog(dir).exit, 0, `${where}: after recovery`);
        await assertKept(dir, acknowledged);
        rmSync(dir, { recursive: true });
      }
    }
  }
  t.diagnostic(`${runs} runs, ${hits} of them with the fault`);
  // Syncs are grouped by time, so the last calls of a run do not happen in every run; in fewer beside other work.
  assert.ok(runs > 100 && hits > runs * 0.6, `${hits} of ${runs}`);
});

const STRACE = [
  { call: 'fdatasync', whens: [1, 3] },
  { call: 'pwrite64', whens: [2, 5] },
  { call: 'openat', whens: [60] },
  { call: 'close', whens: [40] },
];
const INJECTIONS = [
  'error=EIO',
  'error=ENOSPC',
  'error=EINTR',
  'delay_enter=50000',
  'signal=SIGKILL',
];

interface Sweep {
  readonly call: string;
  readonly when: number;
  readonly inject: string;
}

/** Runs the writer under strace; `null` where strace may not trace. */
function traced(
  dir: string,
  { call, when, inject }: Sweep,
): { said: string[]; isHit: boolean } | null {
  const program = fileURLToPath(new URL('aud-writer-process.ts', import.meta.url));
  const trace = `${dir}.trace`;
  const what = ['-e', `trace=${call}`, '-e', `inject=${call}:${inject}:when=${when}`];
  const command = [process.execPath, program, dir, '20'];
  const { stdout, stderr } = spawnSync('strace', ['-f', '-q', ...what, '-o', trace, ...command], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (/ptrace|Operation not permitted/u.test(stderr)) return null;
  const isHit = /INJECTED|DELAYED|killed by/u.test(readFileSync(trace, 'utf8'));
  return { said: stdout.split('\n').slice(0, -1), isHit };
}

test('the same with strace, for system calls of a real process', async (t) => {
  const skip = 'strace is not here or may not trace: the sweep through system calls did not run';
  if (spawnSync('strace', ['-V']).error !== undefined) {
    t.skip(skip);
    return;
  }
  const sweeps = STRACE.flatMap(({ call, whens }) =>
    whens.flatMap((when) => INJECTIONS.map((inject) => ({ call, when, inject }))),
  );
  let faults = 0;
  for (const [index, sweep] of sweeps.entries()) {
    const dir = join(root, `strace-${index}`);
    const outcome = traced(dir, sweep);
    if (outcome === null) {
      t.skip(skip);
      return;
    }
    faults += Number(outcome.isHit);
    const where = JSON.stringify(sweep);
    const { exit, firstBad } = verifyLog(dir);
    assert.ok(exit === 0 || exit === 4, `${where}: exit ${exit} ${JSON.stringify(firstBad)}`);
    const kept = new Set<string>();
    for await (const { record } of readRecords(dir)) kept.add(`${record.seq} ${record.requestId}`);
    for (const line of outcome.said) assert.ok(kept.has(line), `${where}: ${line}`);
  }
  t.diagnostic(`${sweeps.length} runs with strace, ${faults} with an injected fault`);
  assert.ok(faults >= 15);
});
