/** AUTH-11: keys that are guessed at, laid out as bait, or misused by whoever holds them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { formatApiKey, newApiKey } from '#policy/authenticators/api-key-format.ts';

import { openAdmin } from '../support/admin.ts';
import { openReceiver, type Receiver, webhookSecret } from '../support/alert-receiver.ts';
import { BASE, bearer, chat, DEMO, get, type House, openHouse, post } from '../support/house.ts';

interface Scene {
  readonly house: House;
  readonly receiver: Receiver;
  readonly secret: string;
  readonly say: (key: string, text?: string) => Promise<number>;
}

async function scene(yaml: string, run: (scene: Scene) => Promise<void>): Promise<void> {
  const receiver = await openReceiver();
  const secret = webhookSecret();
  const alerts = `alerts: [{ name: soc, url: "${receiver.url}", secret: "\${env:SOC}", allowPrivateAddress: true }]\n`;
  const house = await openHouse(`${DEMO}${BASE}${alerts}${yaml}`, { SOC: secret });
  const say = async (key: string, text = 'hello'): Promise<number> =>
    (await post(`${house.url}/v1/chat/completions`, chat(text), bearer(key))).status;
  try {
    await run({ house, receiver, secret, say });
  } finally {
    await house.close();
    await receiver.close();
  }
}

const idOf = (key: string): string => key.split('_')[2] ?? '';

test('AUTH-11: wrong secrets of one key are told of and slowed down, and its holder goes on', async () => {
  const yaml = 'guards: []\nauth: { failuresPerKey: 5/1h, failuresPerAddress: 1000/1m }\n';
  await scene(yaml, async ({ house, receiver, secret, say }) => {
    const key = await house.key();
    const guess = (id: string): string => formatApiKey(newApiKey('live', id));
    const statuses = [];
    for (let index = 0; index < 8; index += 1) statuses.push(await say(guess(idOf(key))));
    assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
    assert.equal(await say(key), 200, 'the right secret works, however many wrong ones came');
    const stranger = '000000000000';
    const unknown = [];
    for (let index = 0; index < 8; index += 1) unknown.push(await say(guess(stranger)));
    assert.deepEqual(unknown, statuses, 'a key that is not there reads the same');
    await receiver.came(1);
    const [alert, ...more] = receiver.alerts(secret);
    assert.deepEqual(more, []);
    assert.equal(alert?.type, 'key.guessed');
    assert.equal(alert.data['key'], idOf(key));
    assert.equal(alert.data['tenant'], 'acme');
  });
});

test('AUTH-11: a honey key reads as one that is not there, and its use is recorded and told', async () => {
  await scene('guards: []\n', async ({ house, receiver, secret, say }) => {
    const honey = await house.key({ isHoney: true });
    const [real, bait] = await Promise.all(
      [formatApiKey(newApiKey('live')), honey].map((key) =>
        post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(key)),
      ),
    );
    assert.equal(bait?.status, 401);
    const noIds = (text = ''): string => text.replaceAll(/req_\w+/gu, 'req');
    assert.equal(noIds(bait?.text), noIds(real?.text));
    await receiver.came(1);
    const [alert] = receiver.alerts(secret);
    assert.equal(alert?.type, 'key.honey-used');
    assert.equal(alert.data['key'], idOf(honey));
    assert.equal(alert.data['severity'], 'high');
    for (let index = 0; index < 40; index += 1) await say(honey);
    const records = (await house.records()).filter(({ key }) => key === idOf(honey));
    assert.ok(records.length >= 1 && records.length <= 21, `${records.length} records`);
    const [first] = records;
    assert.equal(first?.reason, 'credential-rejected: honey');
    assert.equal(first.tenant, 'acme');
    assert.ok(typeof first.ip === 'string');
  });
});

/** What came of one honey key: its alerts by type, and the reasons of its records. */
async function traces({ house, receiver, secret }: Scene, honey: string) {
  await receiver.came(1);
  const alerts = receiver.alerts(secret).filter(({ data }) => data['key'] === idOf(honey));
  const records = (await house.records()).filter(({ key }) => key === idOf(honey));
  return { types: alerts.map(({ type }) => type), reasons: records.map(({ reason }) => reason) };
}

test('AUTH-11: a honey key is found out also from an address that has failed too often', async () => {
  await scene('guards: []\nauth: { failuresPerAddress: 3/1h }\n', async (own) => {
    const { house, say } = own;
    const honey = await house.key({ isHoney: true });
    for (let index = 0; index < 4; index += 1) await say(`junk-${index}`.repeat(5));
    const wrong = formatApiKey(newApiKey('live', idOf(await house.key())));
    const statuses = [
      await say(honey),
      await say(wrong),
      await say(formatApiKey(newApiKey('live'))),
    ];
    assert.deepEqual(statuses, [429, 429, 429], 'it reads as any other that is not accepted');
    const { types, reasons } = await traces(own, honey);
    assert.deepEqual(types, ['key.honey-used']);
    assert.deepEqual(reasons, ['credential-limited: honey']);
    assert.equal(own.receiver.alerts(own.secret).length, 1, 'that an address waits is no guess');
    for (let index = 0; index < 40; index += 1) assert.equal(await say(honey), 429);
    const many = (await traces(own, honey)).reasons.length;
    assert.ok(many > 1 && many <= 11, `${many} records`);
  });
});

test('AUTH-11: wrong secrets of a honey key do not hide the right one', async () => {
  const yaml = 'guards: []\nauth: { failuresPerAddress: 1000/1h, failuresPerKey: 3/1h }\n';
  await scene(yaml, async (own) => {
    const honey = await own.house.key({ isHoney: true });
    for (let index = 0; index < 3; index += 1) {
      assert.equal(await own.say(formatApiKey(newApiKey('live', idOf(honey)))), 401);
    }
    assert.equal(await own.say(honey), 429);
    const { types, reasons } = await traces(own, honey);
    assert.deepEqual(types, ['key.honey-used']);
    assert.deepEqual(reasons, ['credential-limited: honey']);
  });
});

test('AUTH-11: secrets that are guessed from an address that waits are counted for the key', async () => {
  const yaml = 'guards: []\nauth: { failuresPerAddress: 2/1h, failuresPerKey: 5/1h }\n';
  await scene(yaml, async ({ house, receiver, secret, say }) => {
    const key = await house.key();
    for (let index = 0; index < 8; index += 1)
      await say(formatApiKey(newApiKey('live', idOf(key))));
    assert.equal(await say(key), 200);
    await receiver.came(1);
    assert.deepEqual(
      receiver.alerts(secret).map(({ type }) => type),
      ['key.guessed'],
    );
  });
});

const QUARANTINE = `
auth: { apiKeys: { quarantine: 5/1h } }
guards: [{ name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }]
`;

async function becomes<T extends number | boolean>(
  ask: () => Promise<T>,
  expected: T,
): Promise<void> {
  const startMs = performance.now();
  while ((await ask()) !== expected) {
    assert.ok(performance.now() - startMs < 1_000, `not ${expected} within a second`);
    await delay(10);
  }
}

test('AUTH-11: a key that is misused again and again is put aside until somebody releases it', async () => {
  await scene(QUARANTINE, async ({ house, receiver, secret, say }) => {
    const admin = await openAdmin(house);
    const [key, other] = [await house.key(), await house.key({ user: 'bob' })];
    for (let index = 0; index < 5; index += 1) {
      assert.equal(await say(key, 'about project falcon'), 400);
      assert.equal(await say(key), 200);
    }
    assert.equal(await say(key, 'about project falcon'), 400);
    await becomes(() => say(key), 401);
    assert.equal(await say(other), 200);
    await receiver.came(1);
    const types = receiver.alerts(secret).map(({ type }) => type);
    assert.ok(types.includes('key.quarantined'), types.join());
    const path = `keys/key_${idOf(key)}`;
    const aside = await admin.done('GET', path);
    assert.ok(typeof aside.body['quarantinedAt'] === 'string');
    const released = await admin.done('POST', `${path}/release`, undefined, aside.etag);
    assert.equal(released.body['quarantinedAt'], null);
    await becomes(() => say(key), 200);
    // The store hands its records over a moment after the answer.
    const actions = async () => (await house.records()).map(({ action }) => action);
    await becomes(async () => (await actions()).includes('key.quarantine'), true);
    await becomes(async () => (await actions()).includes('key.release'), true);
  });
});

test('AUTH-11: limits and faults put no key aside', async () => {
  const limits = 'limits: [{ name: few, per: [key], requests: 2/1h, burst: 2 }]\n';
  await scene(QUARANTINE + limits, async ({ house, say }) => {
    const key = await house.key();
    const statuses = [];
    for (let index = 0; index < 20; index += 1) statuses.push(await say(key));
    assert.equal(statuses.filter((status) => status === 429).length, 18);
    await delay(300);
    assert.equal(await say(key), 429);
  });
});

test('when a key was last used is seen, and never goes back', async () => {
  await scene('guards: []\n', async ({ house, say }) => {
    const admin = await openAdmin(house);
    const [used, unused] = [await house.key(), await house.key()];
    const before = Date.now();
    assert.equal(await say(used), 200);
    await get(`${house.url}/v1/models`, bearer(used));
    // The half minute is over when the gateway says so; a stop writes what is left.
    await house.running.world.keyUses.close();
    const at = async (key: string) => (await admin.done('GET', `keys/key_${idOf(key)}`)).body;
    const usedAt = Date.parse(String((await at(used))['lastUsedAt']));
    assert.ok(usedAt >= before && usedAt <= Date.now());
    assert.equal((await at(unused))['lastUsedAt'], null);
    const { keyUses } = house.running.world.storage;
    await keyUses.note(
      new Map([
        [idOf(used), 1],
        ['gone00000000', 2],
      ]),
    );
    const kept = await keyUses.of([idOf(used), idOf(unused), 'gone00000000']);
    assert.deepEqual([...kept], [[idOf(used), usedAt]]);
  });
});
