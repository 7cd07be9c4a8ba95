/** AUTH-11: who tries keys where tokens are given is counted, slowed down and told of as with calls. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatApiKey, newApiKey } from '#policy/authenticators/api-key-format.ts';

import { openReceiver, type Receiver, webhookSecret } from '../support/alert-receiver.ts';
import { BASE, bearer, DEMO, get, type House, openHouse } from '../support/house.ts';

interface Scene {
  readonly house: House;
  readonly receiver: Receiver;
  readonly secret: string;
  /** Asks for a token with this key, as the client that the key names or another. */
  readonly ask: (key: string, id?: string) => Promise<number>;
}

async function scene(rates: string, run: (scene: Scene) => Promise<void>): Promise<void> {
  const receiver = await openReceiver();
  const secret = webhookSecret();
  const house = await openHouse(
    `${DEMO}${BASE}guards: []
alerts: [{ name: soc, url: "${receiver.url}", secret: "\${env:SOC}", allowPrivateAddress: true }]
auth: { ${rates}, resource: { url: "http://127.0.0.1:1" }, tokens: { lifetime: 1m } }
`,
    { SOC: secret },
  );
  const ask: Scene['ask'] = async (key, id = idOf(key)) => {
    const form = { grant_type: 'client_credentials', client_id: `key_${id}`, client_secret: key };
    const answer = await fetch(`${house.url}/oauth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(form).toString(),
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  try {
    await run({ house, receiver, secret, ask });
  } finally {
    await house.close();
    await receiver.close();
  }
}

const idOf = (key: string): string => key.split('_')[2] ?? '';
const guess = (id: string): string => formatApiKey(newApiKey('live', id));

test('AUTH-11: wrong secrets of one key are told of and slowed down, and its holder goes on', async () => {
  const rates = 'failuresPerAddress: 1000/1h, failuresPerKey: 3/1h';
  await scene(rates, async ({ house, receiver, secret, ask }) => {
    const key = await house.key();
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push(await ask(guess(idOf(key))));
    assert.deepEqual(statuses, [401, 401, 401, 429, 429]);
    assert.equal(await ask(key), 200, 'the right secret works');
    const unknown = [];
    for (let index = 0; index < 5; index += 1) unknown.push(await ask(guess('000000000000')));
    assert.deepEqual(unknown, statuses, 'a key that is not there reads the same');
    assert.equal((await get(`${house.url}/v1/models`, bearer(guess(idOf(key))))).status, 429);
    await receiver.came(1);
    const alerts = receiver.alerts(secret).map(({ type, data }) => [type, data['key']]);
    assert.deepEqual(alerts, [['key.guessed', idOf(key)]]);
  });
});

test('AUTH-11: a right secret under another name is refused, and no guess at its key', async () => {
  const rates = 'failuresPerAddress: 1000/1h, failuresPerKey: 2/1h';
  await scene(rates, async ({ house, ask }) => {
    const key = await house.key();
    for (let index = 0; index < 4; index += 1) assert.equal(await ask(key, 'another'), 401);
    assert.equal(await ask(guess(idOf(key))), 401);
  });
});

test('AUTH-11: a stranger who fails shuts no holder out, and is slowed down itself', async () => {
  await scene('failuresPerAddress: 3/1h', async ({ house, ask }) => {
    const key = await house.key();
    for (let index = 0; index < 4; index += 1) {
      await get(`${house.url}/v1/models`, bearer('x'.repeat(30)));
    }
    assert.equal(await ask(key), 200);
    assert.equal(await ask(guess('000000000000')), 429);
    assert.equal(await ask('no key at all', 'x'), 429);
  });
});

test('AUTH-11: a honey key reads as one that is not there, and its use is recorded and told', async () => {
  await scene('failuresPerAddress: 3/1h', async ({ house, receiver, secret, ask }) => {
    const [honey, later] = [await house.key({ isHoney: true }), await house.key({ isHoney: true })];
    assert.equal(await ask(honey), 401);
    assert.equal(await ask(guess('000000000000')), 401);
    assert.equal(await ask(guess('000000000000')), 401);
    assert.equal(await ask(later), 429);
    await receiver.came(2);
    const alerts = receiver.alerts(secret);
    assert.deepEqual(new Set(alerts.map(({ type }) => type)), new Set(['key.honey-used']));
    const told = new Set(alerts.map(({ data }) => data['key']));
    assert.deepEqual(told, new Set([idOf(honey), idOf(later)]));
    for (let index = 0; index < 30; index += 1) assert.equal(await ask(honey), 429);
    const records = (await house.records()).filter(({ route }) => route === 'token');
    const [first] = records;
    assert.deepEqual(
      [first?.kind, first?.key, first?.tenant, first?.reason, first?.status],
      ['deny', idOf(honey), 'acme', 'credential-rejected: honey', 401],
    );
    const [second] = records.filter(({ key }) => key === idOf(later));
    assert.deepEqual([second?.reason, second?.status], ['credential-limited: honey', 429]);
    assert.ok(records.length <= 11, `${records.length} records`);
  });
});
