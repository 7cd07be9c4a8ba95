import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { after, test } from 'node:test';

import { CliFolder } from './test-run.ts';

const folder = new CliFolder(`version: 1
dataDir: ./data
guards: []
`);
after(() => folder.remove());

test('status, rewrap and rotate-root say what there is and what was done', async () => {
  const empty = await folder.run(['secrets', 'status']);
  assert.equal(empty.code, 0, empty.err);
  assert.match(empty.out, /^root key local\/[0-9a-f]{16}: everything is under the newest keys\n$/u);
  const rotated = await folder.run(['secrets', 'rotate-root', '--json']);
  assert.deepEqual(JSON.parse(rotated.out), { version: 2 });
  const done = await folder.run(['secrets', 'rewrap', '--rotate-keys', '--json']);
  assert.deepEqual(JSON.parse(done.out), {
    keys: 0,
    secrets: 0,
    unreadable: [],
    isComplete: true,
  });
  const status = await folder.run(['secrets', 'status', '--json']);
  assert.notEqual(JSON.parse(status.out).root, /local\/[0-9a-f]{16}/u.exec(empty.out)?.[0]);
});

test('a root key that is not in a file is rotated where it is; one that is missing is named', async () => {
  const config = `version: 1
dataDir: ./data
guards: []
custody: { root: { type: env, variable: ROOT } }
`;
  const env = { ROOT: randomBytes(32).toString('hex') };
  folder.write('env.yaml', config);
  const run = (command: string, world = {}) =>
    folder.run(['secrets', command, '--config', 'env.yaml'], world);
  assert.match((await run('rotate-root', { env })).err, /rotate it where it is \(env\)/u);
  assert.equal((await run('status', { env })).code, 0);
  const { code, err } = await run('status');
  assert.equal(code, 1);
  assert.match(err, /custody\.root\.variable: the environment has no ROOT/u);
  fs.chmodSync(folder.path('data/root-key'), 0o644);
  const refused = await folder.run(['secrets', 'status']);
  assert.match(refused.err, /can be read by others/u);
});
