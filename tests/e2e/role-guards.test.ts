/** Guards that a rule of a role asks for: read for what it allows, and for nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openAdmin } from '../support/admin.ts';
import { bearer, chat, DEMO, openHouse, post } from '../support/house.ts';

const yaml = (guards: string, named = '[strict]'): string => `${DEMO}
guards: [${guards}]
tenants:
  - id: acme
    roles:
      watched: { allow: [{ actions: [chat], models: ["*"], guards: ${named} }] }
      trusted: { allow: [{ actions: [chat], models: ["*"] }] }
`;
const STRICT =
  '{ name: strict, type: topics, onDemand: true, on: [request], rules: [{ match: "project falcon", action: block }] }';

test('a guard on demand reads what the rule allows that names it, and nothing else', async () => {
  const house = await openHouse(yaml(STRICT));
  try {
    const say = async (key: string, text = 'about project falcon'): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, chat(text), bearer(key))).status;
    const [watched, trusted] = [
      await house.key({ roles: ['watched'] }),
      await house.key({ roles: ['trusted'] }),
    ];
    const child = await house.key({ roles: ['trusted'], parent: watched.split('_')[2] ?? '' });
    assert.deepEqual([await say(watched), await say(trusted)], [400, 200]);
    assert.equal(await say(child), 400, 'what the key above must have read, so must its child');
    assert.equal(await say(watched, 'hello'), 200);
    const records = await house.records();
    const seen = records.filter(({ guards }) => guards?.some(({ name }) => name === 'strict'));
    assert.equal(seen.length, 3);
    // A file without the guard names it nowhere, or is not taken.
    await assert.rejects(house.apply(yaml('')), /there is no such guard/u);
  } finally {
    await house.close();
  }
});

test('a demand counts whatever models and roles the guard is for otherwise', async () => {
  const other = STRICT.replace('strict', 'other').replace('on: [', 'models: [elsewhere], on: [');
  const more = STRICT.replace('strict', 'of-nobody').replace('on: [', 'roles: [trusted], on: [');
  for (const [guard, name] of [
    [other, 'other'],
    [more, 'of-nobody'],
  ] as const) {
    const house = await openHouse(
      yaml(guard, `[${name}]`).replace(
        'models:\n',
        'models:\n  elsewhere: { deployments: [{ provider: demo }] }\n',
      ),
    );
    try {
      const key = await house.key({ roles: ['watched'] });
      const url = `${house.url}/v1/chat/completions`;
      assert.equal((await post(url, chat('about project falcon'), bearer(key))).status, 400, name);
    } finally {
      await house.close();
    }
  }
});

test('a guard of the role of a key reads what keys made from it ask', async () => {
  const guard = STRICT.replace('onDemand: true', 'roles: [watched]');
  const bound = `    bindings: [{ role: trusted, users: [bob] }]\n`;
  const house = await openHouse(yaml(guard, '[]') + bound);
  try {
    const say = async (key: string): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, chat('about project falcon'), bearer(key)))
        .status;
    const watched = await house.key({ roles: ['watched'] });
    const parent = watched.split('_')[2] ?? '';
    const child = await house.key({ roles: [], user: 'bob', parent });
    const grandchild = await house.key({
      roles: [],
      user: 'bob',
      parent: child.split('_')[2] ?? '',
    });
    const free = await house.key({ roles: [], user: 'bob' });
    assert.deepEqual(
      [await say(watched), await say(child), await say(grandchild), await say(free)],
      [400, 400, 400, 200],
    );
  } finally {
    await house.close();
  }
});

test('a stored role that asks for a guard which is gone allows nobody anything', async () => {
  const house = await openHouse(yaml(STRICT));
  try {
    const admin = await openAdmin(house);
    const rule = { actions: ['chat'], models: ['*'] };
    const asking = (guards: readonly string[]) =>
      admin.ask('POST', 'tenants/acme/roles', { name: 'stored', allow: [{ ...rule, guards }] });
    const refused = await asking(['strict', 'nothing']);
    assert.equal(refused.body['field'], 'allow.0.guards.1');
    const made = await asking(['strict']);
    assert.equal(made.status, 201);
    assert.deepEqual(made.body['allow'], [{ ...rule, guards: ['strict'] }]);
    const key = await house.key({ roles: ['stored'] });
    const say = async () =>
      await post(`${house.url}/v1/chat/completions`, chat('about project falcon'), bearer(key));
    assert.equal((await say()).status, 400);
    const applied = await house.apply(yaml('', '[]'));
    assert.deepEqual(applied.problems, []);
    const gone = await say();
    assert.equal(gone.status, 503);
    assert.match(gone.text, /guard_unavailable/u);
  } finally {
    await house.close();
  }
});
