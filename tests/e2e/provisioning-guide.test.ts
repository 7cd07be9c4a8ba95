/** docs/guides/provisioning.md, as it is written: its file, its commands, in a shell. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { openHouse } from '../support/house.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(ROOT, 'docs', 'guides', 'provisioning.md'), 'utf8');

test('every command of the guide does what it says, one after another', async () => {
  const [, file = ''] = /```yaml\n# llmproxy.yaml\nversion: 1\n([^]*?)```/u.exec(guide) ?? [];
  const house = await openHouse(file);
  try {
    const blocks = [...guide.matchAll(/```sh\n(?<text>[^]*?)```/gu)];
    assert.equal(blocks.length, 6);
    const script = blocks
      .map(({ groups }) => groups?.['text'] ?? '')
      .join('\necho\n')
      .replaceAll('http://127.0.0.1:8081', house.adminUrl)
      .replaceAll('llmproxy-data', join(house.dir, 'data'));
    const run = promisify(execFile);
    const options = { cwd: house.dir, timeout: 60_000 };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], options);
    assert.match(stdout, /"role":"analyst","users":\["ann@example\.com"\].*"managedBy":"scim"/u);
    assert.match(stdout, /"totalResults":1/u);
    assert.match(stdout, /"active":false/u);
    const acts = (await house.records()).flatMap(({ action }) =>
      action?.startsWith('scim-') === true ? [action] : [],
    );
    assert.deepEqual(acts, [
      'scim-user.create',
      'scim-group.create',
      'scim-user.update',
      'scim-group.delete',
      'scim-user.delete',
    ]);
  } finally {
    await house.close();
  }
});
