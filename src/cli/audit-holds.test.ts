import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { CliFolder, jsonLines } from './test-run.ts';

let folder: CliFolder;
beforeEach(() => {
  folder = new CliFolder('dataDir: ./data\nguards: []\ntenants: [{ id: acme }]\n');
});
afterEach(() => folder.remove());

const hold = (tenant: string) =>
  folder.run(['audit', 'hold', '--tenant', tenant, '--user', 'ann', '--reason', 'case 12']);

test('a hold of the command line is of the platform, and is listed until it is released', async () => {
  const made = await hold('acme');
  assert.equal(made.code, 0, made.err);
  const id = made.out.trim();
  const [listed] = jsonLines((await folder.run(['audit', 'holds', '--json'])).out);
  assert.deepEqual([listed?.['id'], listed?.['isOfPlatform']], [id, true]);
  assert.match((await folder.run(['audit', 'holds'])).out, /\(platform\) {2}case 12\n$/u);
  assert.equal((await folder.run(['audit', 'release', id])).code, 0);
  assert.equal((await folder.run(['audit', 'holds'])).out, '');
});

test('a mistyped tenant is refused, and nothing is held', async () => {
  const refused = await hold('acne');
  assert.equal(refused.code, 1);
  assert.match(refused.err, /there is no tenant "acne" for --tenant/u);
  assert.equal((await folder.run(['audit', 'holds'])).out, '');
});
