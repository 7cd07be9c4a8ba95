/** AUD-12: who acted is who proved it. No header and no field makes a record speak of somebody else. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openAdmin } from '../support/admin.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';

const NAMES = [
  'x-user',
  'x-actor',
  'x-on-behalf-of',
  'x-forwarded-user',
  'x-remote-user',
  'x-auth-request-user',
  'x_auth_request_user',
  'litellm-changed-by',
  'x-llmproxy-user',
  'x-llmproxy-actor',
  'x-llmproxy-tenant',
  'x-tenant-id',
  'impersonate-user',
];
const FORGED = 'mallory-the-forged';
const headers = Object.fromEntries(NAMES.map((name) => [name, FORGED]));

let house: House;
before(async () => {
  house = await openHouse(`${DEMO}\nguards: []\n${BASE}`);
});
after(() => house.close());

test('calls are recorded under the holder of the key', async () => {
  const key = await house.key();
  for (const more of [{}, { tenant: FORGED, actor: FORGED, key: FORGED }]) {
    const url = `${house.url}/v1/chat/completions`;
    await post(url, { ...chat('hello'), ...more }, { ...bearer(key), ...headers });
  }
  const records = await house.records();
  const calls = records.filter(({ kind }) => kind === 'admit' || kind === 'complete');
  assert.ok(calls.length >= 2);
  for (const { user, tenant } of calls) assert.deepEqual([user, tenant], ['alice', 'acme']);
  assert.ok(!JSON.stringify(records).includes(FORGED));
});

test('administration is recorded under the token that was used', async () => {
  const { token } = await openAdmin(house);
  const answer = await fetch(`${house.adminUrl}/admin/v1/teams`, {
    method: 'POST',
    headers: { ...bearer(token), ...headers, 'content-type': 'application/json' },
    body: JSON.stringify({ id: 'core', tenant: 'acme' }),
  });
  assert.equal(answer.status, 201, await answer.text());
  const actors: (string | undefined)[] = [];
  for (let tries = 0; tries < 100 && actors.length === 0; tries += 1) {
    const records = await house.records();
    const made = records.filter(({ action }) => action === 'team.create');
    actors.push(...made.map(({ user }) => user));
    assert.ok(!JSON.stringify(records).includes(FORGED));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.equal(actors.length, 1);
  assert.match(actors[0] ?? '', /^admin:/u);
});
