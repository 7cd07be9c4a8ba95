import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { erasePerson } from './erase.ts';
import { type AuditFiles, diskFiles } from './file-port.ts';
import { readRecords } from './read.ts';
import { listSegments } from './segment.ts';
import { verifyLog } from './verify.ts';
import { openAuditLog } from './writer.ts';

const root = mkdtempSync(join(tmpdir(), 'erase-test-'));
after(() => rmSync(root, { recursive: true }));

async function users(dir: string): Promise<(string | undefined)[]> {
  const found: (string | undefined)[] = [];
  for await (const { record } of readRecords(dir))
    if (record.kind === 'admit') found.push(record.user);
  return found;
}

test('only whom it is about: the same name in another tenant, or in another place, stays', async () => {
  const dir = join(root, 'others');
  const log = await openAuditLog({ dir, writer: 'w', lock: () => ({ release() {} }) });
  const base = { kind: 'admit', requestId: 'r' } as const;
  await log.append({ ...base, tenant: 'acme', user: 'ann', endUser: 'bob' });
  await log.append({ ...base, tenant: 'acme', user: 'ann"', endUser: 'x' });
  await log.append({ ...base, tenant: 'other', user: 'ann' });
  await log.append({ ...base, tenant: 'acme', user: 'bob', endUser: 'ann' });
  await log.close();
  assert.equal(await erasePerson(dir, { tenant: 'acme', user: 'ann' }), 1);
  assert.deepEqual(await users(dir), [undefined, 'ann"', 'ann', 'bob']);
  assert.equal(await erasePerson(dir, { tenant: 'acme', user: 'bob', endUser: 'nobody' }), 0);
  assert.equal(await erasePerson(dir, { tenant: 'acme', endUser: 'ann' }), 1);
  assert.equal(verifyLog(dir).exit, 0);
});

test('a copy in a segment that replaced a broken one is erased too, and counted once', async () => {
  const dir = join(root, 'copies');
  let isBroken = false;
  const files: AuditFiles = {
    ...diskFiles,
    async datasync(file) {
      if (isBroken) {
        isBroken = false;
        throw Object.assign(new Error('broken'), { code: 'EIO' });
      }
      await diskFiles.datasync(file);
    },
    // What the poisoned file holds stays in it, as it does where a device hangs.
    truncate: () => {},
  };
  const log = await openAuditLog({ dir, writer: 'w', lock: () => ({ release() {} }), files });
  await log.flush();
  isBroken = true;
  await log.append({ kind: 'admit', requestId: 'r', tenant: 'acme', user: 'ann-the-copied' });
  await log.flush();
  await log.close();
  const texts = (): string[] =>
    listSegments(diskFiles, dir).map(({ path }) => readFileSync(path, 'latin1'));
  assert.equal(texts().filter((text) => text.includes('ann-the-copied')).length, 2);
  assert.equal(await erasePerson(dir, { tenant: 'acme', user: 'ann-the-copied' }), 1);
  assert.ok(texts().every((text) => !text.includes('ann-the-copied')));
  assert.equal(verifyLog(dir).exit, 0);
});
