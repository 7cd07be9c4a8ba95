import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Hold, reachesHeld } from './contents.ts';

const HELD: Hold = {
  id: 'h',
  tenant: 'acme',
  user: 'ann',
  reason: 'a case',
  actor: 'x',
  isOfPlatform: false,
  atMs: 0,
};

test('nobody is erased who stands in one call with somebody who is held', async () => {
  const calls = [
    { tenant: 'acme', user: 'ann', endUser: 'patient-7' },
    { tenant: 'acme', user: 'bob', endUser: 'patient-8' },
    { tenant: 'acme', user: 'app', endUser: 'ann' },
    { tenant: 'other', user: 'ann', endUser: 'patient-9' },
  ];
  const isHeld = (person: Parameters<typeof reachesHeld>[1], holds = [HELD]): Promise<boolean> =>
    reachesHeld(holds, person, async ({ tenant, user, endUser }) =>
      calls.some(
        (call) => call.tenant === tenant && call.user === user && call.endUser === endUser,
      ),
    );
  assert.equal(await isHeld({ tenant: 'acme', user: 'ann' }), true);
  assert.equal(await isHeld({ tenant: 'acme', endUser: 'patient-7' }), true);
  assert.equal(await isHeld({ tenant: 'acme', user: 'app' }), true);
  assert.equal(await isHeld({ tenant: 'acme', user: 'bob' }), false);
  assert.equal(await isHeld({ tenant: 'acme', endUser: 'patient-8' }), false);
  assert.equal(await isHeld({ tenant: 'acme', user: 'app', endUser: 'nobody' }), false);
  assert.equal(await isHeld({ tenant: 'other', endUser: 'patient-9' }), false);
  assert.equal(await isHeld({ tenant: 'other', endUser: 'x' }, [{ ...HELD, tenant: null }]), false);
});
