/** docs/guides/provisioning.md, as it is written: its file, its commands, in a shell. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { guideNamed, runGuide } from '../support/guide.ts';
import { openHouse } from '../support/house.ts';

const guide = guideNamed('provisioning');

test('every command of the guide does what it says, one after another', async () => {
  const [, file = ''] = /```yaml\n# llmproxy.yaml\nversion: 1\n([^]*?)```/u.exec(guide) ?? [];
  const house = await openHouse(file);
  try {
    const stdout = await runGuide(guide, 6, house);
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
