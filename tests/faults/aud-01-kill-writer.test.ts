/** AUD-01, writer level: `kill -9` loses nothing that was acknowledged, round after round. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { readRecords } from '#audit/read.ts';
import { verifyLog } from '#audit/verify.ts';
import { openAuditLog } from '#audit/writer.ts';
import { lockWriter } from '#storage/data-folder.ts';

const ROUNDS = 12;
const ACKNOWLEDGED_MIN = 5_000;
const root = mkdtempSync(join(tmpdir(), 'aud-01-'));
after(() => rmSync(root, { recursive: true }));

async function killedRound(dir: string, killAfterLines: number): Promise<string[]> {
  const program = fileURLToPath(new URL('aud-writer-process.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', program, dir, '1000000'],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  let lines = 0;
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    lines += text.split('\n').length - 1;
    if (lines >= killAfterLines) child.kill('SIGKILL');
  });
  const [, signal]: unknown[] = await once(child, 'close');
  assert.equal(signal, 'SIGKILL', 'the round ends by the kill');
  // A line that was cut by the kill is no acknowledgement that anyone could have read.
  return output.split('\n').slice(0, -1);
}

test('kill -9 loses no acknowledged record, and every admitted call has one end', async (t) => {
  const dir = join(root, 'log');
  const acknowledged: string[] = [];
  let begun = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    // Early kills hit the opening, later ones the rotation.
    const lines = await killedRound(dir, 300 + Math.floor(Math.random() * 1_200));
    acknowledged.push(...lines);
    if (lines.length > 0) begun += 1;
    assert.ok([0, 4].includes(verifyLog(dir).exit), `round ${round}`);
  }
  assert.ok(acknowledged.length >= ACKNOWLEDGED_MIN, `${acknowledged.length} were acknowledged`);

  const log = await openAuditLog({
    dir,
    writer: 'w',
    lock: lockWriter,
    limits: { ballastBytes: 4_096 },
  });
  await log.close();
  const verdict = verifyLog(dir);
  assert.equal(verdict.exit, 0, JSON.stringify(verdict.firstBad));

  const kept = new Set<string>();
  const ends = new Map<string, number>();
  let recoveries = 0;
  for await (const { record } of readRecords(dir)) {
    const { seq, kind, requestId = '' } = record;
    kept.add(`${seq} ${requestId}`);
    if (record.action === 'recovered') recoveries += 1;
    if (kind === 'admit') ends.set(requestId, ends.get(requestId) ?? 0);
    if (kind === 'complete') ends.set(requestId, (ends.get(requestId) ?? 0) + 1);
  }
  const lost = acknowledged.filter((line) => !kept.has(line));
  assert.deepEqual(lost, []);
  // On a busy machine a kill may come before there is a log to recover.
  assert.ok(recoveries >= begun && recoveries <= ROUNDS, `${recoveries} of ${begun}`);
  assert.ok(begun > ROUNDS / 2, `${begun} of ${ROUNDS} rounds wrote something`);
  const wrong = [...ends].filter(([, count]) => count !== 1);
  assert.deepEqual(wrong, []);
  t.diagnostic(
    `${acknowledged.length} acknowledged in ${ROUNDS} kills, 0 lost; ${verdict.records} records`,
  );
});
