/** docs/guides/configuration.md, as it is written: its commands, in a shell, on a new gateway. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { openAdmin } from '../support/admin.ts';
import { BASE, DEMO, openHouse } from '../support/house.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(ROOT, 'docs', 'guides', 'configuration.md'), 'utf8');

test('every command of the guide does what it says, one after another', async () => {
  const house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  try {
    const blocks = [...guide.matchAll(/```sh\n(?<text>[^]*?)```/gu)];
    const script = blocks
      .map(({ groups }) =>
        (groups?.['text'] ?? '').replaceAll(/^(?<call>api .+)$/gmu, '$<call>; echo'),
      )
      .join('\n')
      .replaceAll('http://127.0.0.1:8081', house.adminUrl);
    const { token } = await openAdmin(house);
    const { stdout } = await promisify(execFile)('bash', ['-euo', 'pipefail', '-c', script], {
      timeout: 30_000,
      env: { ...process.env, ADMIN_TOKEN: token },
    });
    const told = stdout.trim().split('\n');
    const expected: readonly RegExp[] = [
      /"name":"helper".*"managedBy":"store"/u,
      /"name":"house".*"version":1/u,
      /"name":"demo".*"managedBy":"file".*"name":"helper"/u,
      /config-unfit.*models\.lost\.deployments\[0\]\.provider/u,
      /"action":"alert".*"version":2/u,
      /"path":"providers\.more","kind":"added"/u,
      /"items":\[.*"name":"second".*"name":"more"/u,
    ];
    const answers = told.filter((line) => line !== '');
    assert.equal(answers.length, expected.length, stdout);
    for (const [index, pattern] of expected.entries()) assert.match(answers[index] ?? '', pattern);
  } finally {
    await house.close();
  }
});
