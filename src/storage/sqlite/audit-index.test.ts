import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { auditIndexContract, testRow } from '../audit-index.contract.ts';
import { openAuditIndex } from './audit-index.ts';

function opened() {
  const folder = mkdtempSync(join(tmpdir(), 'llmproxy-index-'));
  const index = openAuditIndex(folder);
  return {
    folder,
    index,
    async close() {
      await index.close();
      rmSync(folder, { recursive: true });
    },
  };
}

auditIndexContract('sqlite', async () => opened());

const NEEDLE = 'person-who-was-erased';

test('the bytes of an erased person are in no file, and no other user reads the files', async () => {
  const { folder, index, close } = opened();
  const rows = Array.from({ length: 500 }, (_, at) => testRow(at + 1, { user: NEEDLE }));
  await index.add(rows, { writer: 'main', after: 0, through: 500 });
  const files = () => readdirSync(folder).map((name) => join(folder, name));
  const holding = () => files().filter((path) => readFileSync(path).includes(NEEDLE));
  assert.ok(holding().length > 0);
  assert.equal(await index.erasePerson({ tenant: 'acme', user: NEEDLE }), 500);
  assert.deepEqual(holding(), []);
  for (const path of files()) assert.equal(statSync(path).mode & 0o077, 0, path);
  await close();
});

test('a file that is none of ours is said to be so, and quotes nothing', () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmproxy-index-'));
  writeFileSync(join(folder, 'audit-index.db'), 'a secret that is no database'.repeat(100));
  assert.throws(() => openAuditIndex(folder), /^Fault: audit-index\.db cannot be used: stop/u);
  rmSync(folder, { recursive: true });
});
