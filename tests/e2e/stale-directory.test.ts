/** A change that could not be read when it came is in force soon after it can be, and nobody has to act. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { openAdmin } from '../support/admin.ts';
import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';
import { until } from '../support/streams.ts';

test('a tenant is suspended though the store could not be read when that was told', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n`);
  try {
    const admin = await openAdmin(house);
    await admin.done('POST', 'tenants', { id: 'globex' });
    await admin.done('POST', 'bindings', { tenant: 'globex', role: 'developer', keys: ['*'] });
    const key = await house.key({ tenant: 'globex', user: null });
    const say = async (): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, chat('x'), bearer(key))).status;
    assert.equal(await say(), 200);

    const { provisioning } = house.running.world.storage;
    const lockedOut = provisioning.lockedOut.bind(provisioning);
    let faults = 0;
    Object.assign(provisioning, {
      lockedOut: () => {
        if (faults >= 2) return lockedOut();
        faults += 1;
        return Promise.reject(new Error('database is locked'));
      },
    });
    const { etag } = await admin.done('GET', 'tenants/globex');
    await admin.done('PATCH', 'tenants/globex', { status: 'suspended' }, etag);
    await until(() => faults === 2, 3_000, 'it is read again');
    const startMs = performance.now();
    while ((await say()) === 200) {
      assert.ok(performance.now() - startMs < 3_000, 'the suspension is in force');
      await delay(20);
    }
    assert.equal(house.log().match(/directory-stale/gu)?.length, 2);
  } finally {
    await house.close();
  }
});
