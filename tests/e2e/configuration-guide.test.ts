/** docs/guides/configuration.md, as it is written: its commands, in a shell, on a new gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openAdmin } from '../support/admin.ts';
import { guideNamed, runGuide } from '../support/guide.ts';
import { BASE, DEMO, openHouse } from '../support/house.ts';

test('every command of the guide does what it says, one after another', async () => {
  const house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  try {
    const { token } = await openAdmin(house);
    // A line each for what each call answers.
    const lines = guideNamed('configuration').replaceAll(/^(?<call>api .+)$/gmu, '$<call>; echo');
    const stdout = await runGuide(lines, 5, house, { ADMIN_TOKEN: token });
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
