/** docs/guides/administrators.md, as it is written: its commands, in a shell, on a new gateway. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { guideNamed, runGuide } from '../support/guide.ts';
import { BASE, DEMO, openHouse } from '../support/house.ts';

const guide = guideNamed('administrators');

test('every command of the guide does what it says, one after another', async () => {
  const house = await openHouse(`${DEMO}guards: []\n${BASE}`);
  try {
    const stdout = await runGuide(guide, 5, house);
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
