/** REL-01: who builds the same commit again has the same bytes, so that a release can be checked. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { buildPackage, sha256Of } from '../../scripts/package/build-package.ts';

test('REL-01: the package built twice, the dashboard as well, is the same to the byte', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-twice-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const hashes: string[] = [];
  for (const name of ['once', 'again']) {
    mkdirSync(join(dir, name));
    hashes.push(sha256Of(await buildPackage(join(dir, name), { isFresh: true })));
  }
  assert.equal(hashes[0], hashes[1]);
  t.diagnostic(`sha-256 ${hashes[0]}`);
});
