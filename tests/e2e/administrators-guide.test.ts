/** docs/guides/administrators.md, as it is written: its commands, in a shell, on a new gateway. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { BASE, DEMO, openHouse } from '../support/house.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(ROOT, 'docs', 'guides', 'administrators.md'), 'utf8');

test('every command of the guide does what it says, one after another', async () => {
  const house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  try {
    const blocks = [...guide.matchAll(/```sh\n(?<text>[^]*?)```/gu)];
    assert.equal(blocks.length, 5);
    const script = blocks
      .map(({ groups }) => groups?.['text'] ?? '')
      .join('\necho\n')
      .replaceAll('http://127.0.0.1:8081', house.adminUrl)
      .replaceAll('llmproxy-data', join(house.dir, 'data'));
    const run = promisify(execFile);
    const options = { cwd: house.dir, timeout: 60_000 };
    const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', script], options);
    assert.match(stdout, /"login":"ann@example\.com"/u);
    assert.match(stdout, /"temporaryPassword":"[0-9A-Za-z]{20}"/u);
    assert.match(stdout, /"uri":"otpauth:\/\/totp\//u);
    const records = await house.records();
    const acts = records.flatMap(({ kind, action, decision }) =>
      kind === 'admin' && action !== 'config.reload' ? [`${action} ${decision ?? ''}`] : [],
    );
    for (const action of [
      'account.first',
      'session.open',
      'account.create',
      'account.totp-begin',
      'session.end',
    ]) {
      assert.ok(
        acts.some((act) => act.startsWith(action)),
        `${action} in ${acts.join(', ')}`,
      );
    }
  } finally {
    await house.close();
  }
});
