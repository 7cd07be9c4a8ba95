import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';

import { openProof } from '#audit/merkle/record-proof.ts';
import { openAuditLog } from '#audit/writer.ts';
import { lockWriter } from '#storage/data-folder.ts';

import { signedLog } from '../../tests/support/signed-log.ts';
import { ExportFile } from './export-file.ts';
import { CliFolder, jsonLines } from './test-run.ts';

let folder: CliFolder;
beforeEach(() => {
  folder = new CliFolder('dataDir: ./data\nguards: []\n');
});
afterEach(() => folder.remove());

/** Records of two writers; the statuses of one are 403 and 429 by turns. */
async function writeLog(count: number): Promise<void> {
  for (const writer of ['a', 'b']) {
    const dir = folder.path('data/audit');
    const limits = { ballastBytes: 512, segmentBytesMax: 30_000 };
    const log = await openAuditLog({ dir, writer, lock: lockWriter, limits });
    for (let at = 0; at < count; at += 1) {
      await log.append({
        kind: 'deny',
        tenant: at % 3 === 0 ? 'acme' : 'globex',
        user: `user-${at % 5}`,
        status: at % 2 === 0 ? 403 : 429,
        requestId: `req_${writer}_${at}`,
      });
      if (at % 50 === 49) await log.flush();
    }
    await log.close();
  }
}

const run = (...args: string[]) => folder.run(['audit', 'export', ...args]);

test('filters say which records, and without any it is all of them', async () => {
  await writeLog(60);
  const all = jsonLines((await run()).out);
  assert.equal(all.filter(({ kind }) => kind === 'deny').length, 120);
  const some = jsonLines(
    (await run('--tenant', 'acme', '--status', '403', '--user', 'user-0', '--kind', 'deny')).out,
  );
  assert.deepEqual(
    some.map(({ requestId }) => requestId),
    ['req_a_0', 'req_a_30', 'req_b_0', 'req_b_30'],
  );
  assert.equal((await run('--status', '40')).code, 2);
  assert.equal((await run('--resume')).code, 2);
});

test('a file has its sum beside it, and is not written over', async () => {
  await writeLog(40);
  const { code, err } = await run('--out', 'day.jsonl');
  assert.equal(code, 0, err);
  const text = folder.read('day.jsonl');
  assert.equal(text, (await run()).out);
  const sum = createHash('sha256').update(text).digest('hex');
  assert.equal(folder.read('day.jsonl.sha256'), `${sum}  day.jsonl\n`);
  assert.ok(!fs.existsSync(folder.path('day.jsonl.progress.json')));
  assert.equal(fs.statSync(folder.path('day.jsonl')).mode & 0o077, 0);
  assert.equal((await run('--out', 'day.jsonl')).code, 1);
  assert.equal((await run('--out', 'day.jsonl', '--resume')).code, 1, 'it is whole');
});

test('a file that was cut off anywhere is gone on with, to the same bytes', async () => {
  await writeLog(300);
  const whole = (await run()).out;
  const lines = whole.split('\n');
  const asked = JSON.stringify([folder.path('data/audit'), [['format', 'jsonl']]]);
  for (const [kept, extra] of [
    [10, ''],
    [250, '{"half":'],
    [450, 'x'.repeat(5_000)],
  ] as const) {
    // As a run that was killed leaves it: whole up to a mark, and something behind it.
    const file = new ExportFile(folder.path('cut.jsonl'), asked, false);
    for (const line of lines.slice(0, kept)) file.add(`${line}\n`, {});
    const { writer, seq } = JSON.parse(lines[kept - 1] ?? '') as { writer: string; seq: number };
    file.flush({ writer, seq });
    fs.appendFileSync(folder.path('cut.jsonl'), extra);
    const { code, err } = await run('--out', 'cut.jsonl', '--resume');
    assert.equal(code, 0, err);
    assert.equal(folder.read('cut.jsonl'), whole);
    const sum = createHash('sha256').update(whole).digest('hex');
    assert.match(folder.read('cut.jsonl.sha256'), new RegExp(`^${sum}`, 'u'));
    for (const name of ['cut.jsonl', 'cut.jsonl.sha256']) fs.rmSync(folder.path(name));
  }
});

test('other filters do not go on in a file, and one that lost its end begins again', async () => {
  await writeLog(40);
  const asked = JSON.stringify([folder.path('data/audit'), [['format', 'jsonl']]]);
  new ExportFile(folder.path('cut.jsonl'), asked, false).flush({ writer: 'a', seq: 3 });
  const other = await run('--out', 'cut.jsonl', '--resume', '--tenant', 'acme');
  assert.match(other.err, /other filters/u);
  const progress = JSON.parse(folder.read('cut.jsonl.progress.json')) as object;
  fs.writeFileSync(
    folder.path('cut.jsonl.progress.json'),
    JSON.stringify({ ...progress, bytes: 9 }),
  );
  assert.match((await run('--out', 'cut.jsonl', '--resume')).err, /shorter than it was/u);
});

test('with proofs, each line proves itself to who has the key; what is not signed says so', async () => {
  const { signer, dir } = await signedLog(folder.path('signed'), { records: 60 });
  const { code, out, err } = await run('--proofs', '--kind', 'admit', dir);
  assert.equal(code, 0, err);
  const lines = jsonLines(out);
  assert.ok(lines.length >= 30);
  for (const { proof, seq } of lines) {
    const opened = openProof(String(proof), [signer.key]);
    assert.ok(!('problem' in opened), 'problem' in opened ? opened.problem : '');
    assert.equal(opened.record['seq'], seq);
  }
  await writeLog(2);
  assert.ok(jsonLines((await run('--proofs')).out).every(({ proof }) => proof === null));
});
