/** Changes of the configuration: what they touch, who agrees, and the way back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { type Admin, openAdmin, personHeaders } from '../support/admin.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';

const FALCON = {
  type: 'topics',
  on: ['request'],
  rules: [{ match: 'project falcon', action: 'block' }],
};
const ADDED = { section: 'guards', name: 'house', value: FALCON };

const TWO = `${DEMO}${BASE}guards: []\nadmin: { listen: "127.0.0.1:0", secondPerson: true }\n`;

interface Change {
  readonly id: string;
  readonly state: string;
  readonly undoes: string | null;
  readonly entries: readonly { readonly name: string; readonly value: unknown }[];
}

const changesIn = async (admin: Admin): Promise<readonly Change[]> =>
  (await admin.done('GET', 'config-changes')).body['items'] as readonly Change[];

const falcon = async (house: House, key: string): Promise<number> =>
  (await post(`${house.url}/v1/chat/completions`, chat('project falcon'), bearer(key))).status;

const asked =
  (house: House, own: Record<string, string>): Admin['ask'] =>
  async (method, path, sent) => {
    const response = await fetch(`${house.adminUrl}/admin/v1/${path}`, {
      method,
      headers: { ...own, 'content-type': 'application/json' },
      ...(sent !== undefined && { body: JSON.stringify(sent) }),
    });
    const text = await response.text();
    const read = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    return { status: response.status, etag: '', body: read };
  };

/** Another administrator, who has an account. */
const another = async (house: House): Promise<Admin['ask']> =>
  asked(house, await personHeaders(house.adminUrl, house.running.world));

/** Another token of the same hand. */
async function otherToken(house: House, ask: Admin['ask']): Promise<Admin['ask']> {
  const { body } = await ask('POST', 'admin-tokens', { role: 'platform-admin' });
  return asked(house, bearer(String(body['token'])));
}

test('a change is in the history, and can be taken back as long as nobody changed it since', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n`);
  try {
    const [admin, key] = [await openAdmin(house), await house.key()];
    await admin.done('POST', 'config/apply', { changes: [ADDED] });
    assert.equal(await falcon(house, key), 400);
    const [added] = await changesIn(admin);
    assert.deepEqual(added?.entries, [
      { section: 'guards', name: 'house', before: null, value: FALCON },
    ]);
    const undone = await admin.done('POST', `config-changes/${added?.id}/undo`);
    assert.equal(undone.body['undoes'], added?.id);
    assert.equal(await falcon(house, key), 200, 'it is not there any more');
    // And the taking back is a change that can be taken back.
    await admin.done('POST', `config-changes/${String(undone.body['id'])}/undo`);
    assert.equal(await falcon(house, key), 400);
    const watching = { value: { ...FALCON, mode: 'observe' } };
    await admin.done('PATCH', 'config/guards/house', watching, '"1"');
    const refused = await admin.ask('POST', `config-changes/${added?.id}/undo`);
    assert.equal(refused.status, 412, 'somebody has changed it since');
    assert.equal((await changesIn(admin)).length, 4);
  } finally {
    await house.close();
  }
});

test('before it is applied, a change says how much of the last day it is about', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n`);
  try {
    const [admin, key] = [await openAdmin(house), await house.key()];
    await admin.done('POST', 'config/apply', { changes: [ADDED] });
    for (let calls = 0; calls < 3; calls += 1) await falcon(house, key);
    const change = { ...ADDED, value: { ...FALCON, mode: 'observe' }, version: 1 };
    const other = { section: 'limits', name: 'few', value: { per: ['key'], requests: '1/1m' } };
    const asked = async () =>
      (await admin.done('POST', 'config/diff', { changes: [change, other] })).body['affected'];
    const expected = [
      { section: 'guards', name: 'house', what: 'calls with findings', count: 3, of: 3 },
      { section: 'limits', name: 'few', what: 'refused calls', count: 0, of: 3 },
    ];
    const endMs = performance.now() + 10_000;
    // The index is a moment behind the log.
    while (JSON.stringify(await asked()) !== JSON.stringify(expected)) {
      assert.ok(performance.now() < endMs, JSON.stringify(await asked()));
      await setTimeout(50);
    }
  } finally {
    await house.close();
  }
});

test('where two have to agree, nobody changes anything alone', async () => {
  const house = await openHouse(TWO);
  try {
    const [admin, key] = [await openAdmin(house), await house.key()];
    const second = await another(house);
    const alone = await admin.ask('POST', 'config/apply', { changes: [ADDED] });
    assert.deepEqual(
      [alone.status, alone.body['type']],
      [403, 'urn:llmproxy:problem:second-person'],
    );
    const named = { name: 'house', value: FALCON };
    assert.equal((await admin.ask('POST', 'config/guards', named)).status, 403);
    const wrong = { changes: [{ ...ADDED, value: { type: 'nonsense' } }] };
    assert.equal((await admin.ask('POST', 'config-changes', wrong)).status, 422, 'checked at once');
    const proposed = await admin.done('POST', 'config-changes', {
      changes: [ADDED],
      note: 'falcon',
    });
    const id = String(proposed.body['id']);
    assert.equal(await falcon(house, key), 200, 'nothing is in force yet');
    const own = await otherToken(house, admin.ask);
    for (const ask of [admin.ask, own, await otherToken(house, own)]) {
      const alone = await ask('POST', `config-changes/${id}/agree`);
      assert.equal(alone.status, 409, 'one’s own, by whichever token');
    }
    const agreed = await second('POST', `config-changes/${id}/agree`);
    assert.equal(agreed.status, 200, JSON.stringify(agreed.body));
    assert.equal(await falcon(house, key), 400);
    assert.equal((await second('POST', `config-changes/${id}/agree`)).status, 404, 'once');
    // Taking it back is a proposal too; whoever proposed it may withdraw it.
    const back = await second('POST', `config-changes/${id}/undo`);
    assert.equal(back.body['state'], 'proposed');
    assert.equal(await falcon(house, key), 400);
    assert.equal((await second('DELETE', `config-changes/${String(back.body['id'])}`)).status, 204);
    const states = (await changesIn(admin)).map(({ state }) => state);
    assert.deepEqual(states, ['applied']);
  } finally {
    await house.close();
  }
});

test('a proposal keeps its secret sealed, and shows it to nobody', async () => {
  const house = await openHouse(TWO);
  try {
    const admin = await openAdmin(house);
    const second = await another(house);
    const secret = ['sk', 'live', 'canary', 'of', 'a', 'proposal', '0123456789'].join('-');
    const value = { type: 'openai', baseUrl: 'https://api.example.com/v1', apiKey: secret };
    const change = { section: 'providers', name: 'vendor', value };
    const proposed = await admin.done('POST', 'config-changes', { changes: [change] });
    assert.match(JSON.stringify(proposed.body), /\[secret\]/u);
    const agreed = await second('POST', `config-changes/${String(proposed.body['id'])}/agree`);
    assert.equal(agreed.status, 200, JSON.stringify(agreed.body));
    const shown = await admin.done('GET', 'config-changes');
    const kept = await admin.done('GET', 'config/providers/vendor');
    for (const { body } of [proposed, agreed, shown, kept])
      assert.ok(!JSON.stringify(body).includes(secret.slice(4)));
    assert.match(JSON.stringify(kept.body), /"apiKey":"\[secret\]"/u);
  } finally {
    await house.close();
  }
});
