import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';

import type { AuditDraft } from '#audit/record.ts';
import { openAuditLog } from '#audit/writer.ts';
import { lockWriter } from '#storage/data-folder.ts';

import { CliFolder, jsonLines } from './test-run.ts';

let folder: CliFolder;
beforeEach(() => {
  folder = new CliFolder('dataDir: ./data\nguards: []\n');
});
afterEach(() => folder.remove());

async function writeLog(drafts: readonly AuditDraft[]): Promise<void> {
  const log = await openAuditLog({
    dir: folder.path('data/audit'),
    writer: 'main',
    lock: lockWriter,
  });
  for (const draft of drafts) await log.append(draft);
  await log.close();
}

const DENIED: AuditDraft = {
  kind: 'deny',
  tenant: 'acme',
  user: 'ann',
  requestId: 'req_1',
  status: 400,
  decision: 'deny',
  reason: 'content-blocked: house, \u001B[2Jfalcon',
  guards: [
    { name: 'house', mode: 'enforce', action: 'block', category: 'falcon' },
    { name: 'pii', mode: 'enforce', action: 'pass' },
  ],
};

async function found(...args: string[]): Promise<Record<string, unknown>[]> {
  const { code, out, err } = await folder.run(['audit', 'search', '--json', ...args]);
  assert.equal(code, 0, err);
  return jsonLines(out);
}

test('finds what was written, by filter, also what came after the first search', async () => {
  const admit: AuditDraft = { kind: 'admit', tenant: 'acme', user: 'bob', requestId: 'req_2' };
  await writeLog([DENIED, admit]);
  const [row, ...others] = await found('--guard', 'house', '--category', 'falcon');
  assert.equal(others.length, 0);
  assert.deepEqual([row?.['requestId'], row?.['user'], row?.['status']], ['req_1', 'ann', 400]);
  assert.equal((await found('--guard', 'pii')).length, 0, 'it found nothing');
  assert.equal((await found('--tenant', 'acme')).length, 2);
  assert.equal((await found('--tenant', 'acme', '--limit', '1')).length, 1);
  assert.equal((await found('--text', 'FALCON blocked')).length, 1);
  await writeLog([{ ...DENIED, requestId: 'req_3' }]);
  const ids = (await found('--decision', 'deny')).map(({ requestId }) => requestId);
  assert.deepEqual(ids, ['req_3', 'req_1']);
});

test('text of others moves no cursor, and a status that is none is wrong usage', async () => {
  await writeLog([DENIED]);
  const { out } = await folder.run(['audit', 'search', '--request', 'req_1']);
  assert.match(out, /content-blocked: house, \?\[2Jfalcon {2}house\/falcon {2}acme {2}ann/u);
  assert.equal((await folder.run(['audit', 'search', '--status', 'x'])).code, 2);
});

test('reindex makes the same index again, from the log alone', async () => {
  await writeLog(Array.from({ length: 700 }, (_, at) => ({ ...DENIED, requestId: `req_${at}` })));
  const before = await found('--tenant', 'acme', '--limit', '1000');
  assert.equal(before.length, 700);
  const { code, out } = await folder.run(['audit', 'reindex']);
  assert.equal(code, 0);
  assert.match(out, /^70\d records indexed\n$/u);
  assert.deepEqual(await found('--tenant', 'acme', '--limit', '1000'), before);
  fs.rmSync(folder.path('data/audit-index.db'));
  for (const end of ['-wal', '-shm'])
    fs.rmSync(folder.path(`data/audit-index.db${end}`), { force: true });
  assert.deepEqual(await found('--tenant', 'acme', '--limit', '1000'), before);
});
