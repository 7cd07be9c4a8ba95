import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';

import { type AuditLog, openAuditLog } from '#audit/writer.ts';
import { lockWriter } from '#storage/data-folder.ts';

import { CliFolder, jsonLines } from './test-run.ts';

let folder: CliFolder;
let log: AuditLog | null = null;
beforeEach(() => {
  folder = new CliFolder('dataDir: ./data\nguards: []\n');
});
afterEach(async () => {
  await log?.close();
  log = null;
  folder.remove();
});

const auditDir = (): string => folder.path('data/audit');

async function openLog(): Promise<AuditLog> {
  log = await openAuditLog({ dir: auditDir(), writer: 'main', lock: lockWriter });
  return log;
}

async function writeLog(count: number): Promise<void> {
  const open = await openLog();
  for (let at = 0; at < count; at += 1) {
    await open.append({
      kind: 'deny',
      tenant: 'acme',
      requestId: `req_${at}`,
      status: 403,
      reason: 'model-forbidden',
    });
  }
  await open.close();
  log = null;
}

const segment = (): string => {
  const [name] = fs.readdirSync(auditDir()).filter((file) => file.endsWith('.log'));
  assert.ok(name !== undefined);
  return join(auditDir(), name);
};

test('verify: 0 for a log as it was written, by configuration, data folder or log folder', async () => {
  await writeLog(5);
  for (const args of [[], [folder.path('data')], [auditDir()]]) {
    const { code, out } = await folder.run(['audit', 'verify', '--json', ...args]);
    assert.equal(code, 0);
    assert.equal(jsonLines(out)[0]?.['exit'], 0);
  }
  assert.match((await folder.run(['audit', 'verify'])).out, /^intact: \d+ records/u);
});

test('verify: 2 for a changed byte, and it says where', async () => {
  await writeLog(5);
  const bytes = fs.readFileSync(segment());
  const at = bytes.indexOf('req_2');
  bytes.write('req_9', at);
  fs.writeFileSync(segment(), bytes);
  const { code, out } = await folder.run(['audit', 'verify']);
  assert.equal(code, 2);
  assert.match(out, /ALTERED[\s\S]*first bad: seg-main/u);
});

test('verify: 4 for a torn tail; 1 where there is no log, which proves nothing', async () => {
  assert.equal((await folder.run(['audit', 'verify'])).code, 1);
  assert.equal((await folder.run(['audit', 'verify', folder.path('nowhere')])).code, 1);
  await writeLog(5);
  const { size } = fs.statSync(segment());
  fs.truncateSync(segment(), size - 3);
  assert.equal((await folder.run(['audit', 'verify'])).code, 4);
});

test('export: every record once, oldest first; --from and --to bound it', async () => {
  await writeLog(5);
  const { code, out } = await folder.run(['audit', 'export', '--format', 'jsonl']);
  assert.equal(code, 0);
  const records = jsonLines(out);
  const requests = records.filter(({ kind }) => kind === 'deny').map(({ requestId }) => requestId);
  assert.deepEqual(requests, ['req_0', 'req_1', 'req_2', 'req_3', 'req_4']);
  assert.deepEqual(
    records.map(({ seq }) => seq),
    records.map((_, at) => at + 1),
  );
  assert.equal((await folder.run(['audit', 'export', '--to', '2001-01-01T00:00:00Z'])).out, '');
  assert.equal((await folder.run(['audit', 'export', '--from', 'yesterday'])).code, 2);
  assert.equal((await folder.run(['audit', 'export', '--format', 'csv'])).code, 2);
});

test('tail: the last lines; --follow goes on until it is stopped, with nothing lost or twice', async () => {
  await writeLog(30);
  const last = jsonLines((await folder.run(['audit', 'tail', '--json', '-n', '3'])).out);
  assert.equal(last.length, 3);

  const open = await openLog();
  const stop = new AbortController();
  let seen = '';
  const following = folder.run(['audit', 'tail', '--json', '--follow', '-n', '1'], {
    signal: stop.signal,
    onOutput(piece) {
      seen += piece;
      if (seen.includes('new_2')) stop.abort();
    },
  });
  for (let at = 0; at < 3; at += 1) {
    await open.append({ kind: 'deny', requestId: `new_${at}`, tenant: 'a\u001B[2Jb' });
  }
  const timer = setTimeout(() => stop.abort(), 5_000);
  const { code, out } = await following;
  clearTimeout(timer);
  assert.equal(code, 0);
  const numbers = jsonLines(out).map(({ seq }) => Number(seq));
  const first = numbers[0] ?? 0;
  assert.deepEqual(
    numbers,
    numbers.map((_, at) => first + at),
  );
  assert.ok(out.includes('new_2'));
  const people = (await folder.run(['audit', 'tail'])).out;
  assert.ok(
    people.includes('new_2') && !people.includes('\u001B'),
    'no escape sequence reaches a terminal',
  );
});

test('key and rotate-key: the key is made once, and a new one is handed over to', async () => {
  const first = (await folder.run(['audit', 'key'])).out.trim();
  assert.match(first, /^llmproxy\/\w+\+[0-9a-f]{8}\+[A-Za-z0-9+/]+=*$/u);
  assert.equal((await folder.run(['audit', 'key'])).out.trim(), first);
  const { code, out } = await folder.run(['audit', 'rotate-key', '--json']);
  assert.equal(code, 0);
  const rotated = jsonLines(out)[0]?.['key'];
  assert.notEqual(rotated, first);
  assert.equal((await folder.run(['audit', 'key'])).out.trim(), rotated);
  fs.writeFileSync(folder.path('data/audit-checkpoint-key.adding'), '');
  assert.equal((await folder.run(['audit', 'rotate-key'])).code, 1, 'two at once: one is told');
});

test('prove and check: what cannot be proven says why', async () => {
  await writeLog(3);
  const prove = await folder.run(['audit', 'prove', 'req_1', auditDir()]);
  assert.equal(prove.code, 1);
  assert.match(prove.err, /nothing of this log was signed yet/u);
  assert.equal((await folder.run(['audit', 'prove', 'req_99', auditDir()])).code, 1);
  fs.writeFileSync(folder.path('p.tlog-proof'), 'hello\n');
  const key = (await folder.run(['audit', 'key'])).out.trim();
  const checked = await folder.run([
    'audit',
    'check',
    folder.path('p.tlog-proof'),
    '--pubkey',
    key,
  ]);
  assert.equal(checked.code, 2);
  assert.match(checked.err, /it is not a proof/u);
  const wrong = ['audit', 'check', folder.path('p.tlog-proof'), '--pubkey', 'nonsense'];
  assert.equal((await folder.run(wrong)).code, 2);
});
