/**
 * RBAC-01, over the wire: a key that was made from another one may never do more than that one may,
 * neither when it is made nor after something above it was narrowed, put aside or ended.
 * (`src/policy/access/layers.test.ts` holds the same for 5,000 random trees.)
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { type Admin, openAdmin } from '../support/admin.ts';
import { bearer, chat, get, type House, openHouse, post } from '../support/house.ts';

const YAML = `
providers: { demo: { type: demo } }
models:
  demo: { deployments: [{ provider: demo }] }
  other: { deployments: [{ provider: demo }] }
guards: []
tenants:
  - id: acme
    roles:
      wide: { allow: [{ actions: ["*"], models: ["*"] }] }
      narrow: { allow: [{ actions: [chat], models: [demo] }] }
`;

const NOON = 'mon-sun 00:00-24:00';

interface Made {
  readonly id: string;
  readonly key: string;
  readonly etag: string;
}

async function make(admin: Admin, body: object): Promise<Made> {
  const told = await admin.done('POST', 'keys', { tenant: 'acme', ...body });
  return { id: String(told.body['id']), key: String(told.body['key']), etag: told.etag };
}

interface Scene {
  readonly house: House;
  readonly admin: Admin;
  readonly say: (key: string, more?: object) => Promise<number>;
}

async function scene(run: (scene: Scene) => Promise<void>, yaml = YAML): Promise<void> {
  const house = await openHouse(yaml);
  try {
    const admin = await openAdmin(house);
    const say = async (key: string, more: object = {}): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, chat('hello', more), bearer(key))).status;
    await run({ house, admin, say });
  } finally {
    await house.close();
  }
}

/** A change of the store is seen within a second. */
async function within1s(ask: () => Promise<number>, expected: number): Promise<void> {
  const startMs = performance.now();
  while ((await ask()) !== expected) {
    assert.ok(performance.now() - startMs < 1_000, `not ${expected} within a second`);
    await delay(10);
  }
}

test('RBAC-01: a child that would be wider is not made, and the field is named', async () => {
  await scene(async ({ admin }) => {
    const parent = await make(admin, {
      user: 'ann',
      roles: ['narrow'],
      scope: { models: ['demo'], networks: ['127.0.0.0/8'] },
      expires: '1h',
    });
    const wider: readonly (readonly [field: string, body: object])[] = [
      ['roles', { roles: ['wide'] }],
      ['user', { user: 'bob' }],
      ['expires', { expires: '2h' }],
      ['scope.models', { scope: { models: ['*'], networks: ['127.0.0.1'] } }],
      ['scope.networks', { scope: { models: ['demo'], networks: ['0.0.0.0/0'] } }],
      ['isHoney', { isHoney: true }],
    ];
    for (const [field, body] of wider) {
      const told = await admin.ask('POST', 'keys', { tenant: 'acme', parent: parent.id, ...body });
      assert.equal(told.status, 400, field);
      assert.equal(told.body['field'], field);
    }
    const unknown = { tenant: 'acme', parent: 'key_000000000000' };
    assert.equal((await admin.ask('POST', 'keys', unknown)).status, 404);
    const child = await admin.done('POST', 'keys', { tenant: 'acme', parent: parent.id });
    assert.equal(child.body['user'], 'ann');
    assert.deepEqual(child.body['roles'], ['narrow']);
    assert.ok(String(child.body['expiresAt']) !== 'null');
  });
});

test('RBAC-01: a chain of keys has an end', async () => {
  await scene(async ({ admin, say }) => {
    let last = await make(admin, { roles: ['wide'] });
    for (let depth = 0; depth < 4; depth += 1) last = await make(admin, { parent: last.id });
    assert.equal(await say(last.key), 200);
    const told = await admin.ask('POST', 'keys', { tenant: 'acme', parent: last.id });
    assert.equal(told.status, 400);
    assert.equal(told.body['field'], 'parent');
  });
});

test('RBAC-01: what is narrowed above is narrowed below within a second', async () => {
  await scene(async ({ house, admin, say }) => {
    const top = await make(admin, { roles: ['wide'] });
    const middle = await make(admin, { parent: top.id });
    const child = await make(admin, { parent: middle.id, scope: { tools: [], hours: [NOON] } });
    assert.equal(await say(child.key, { model: 'other' }), 200);
    const tool = { type: 'function', function: { name: 'pay', parameters: { type: 'object' } } };
    assert.equal(await say(child.key, { tools: [tool] }), 403);
    assert.equal(await say(middle.key, { tools: [tool] }), 200);

    // A scope above it: the model exists for none of them any more, and is in no list.
    const edited = await admin.done(
      'PATCH',
      `keys/${top.id}`,
      { scope: { models: ['demo'] } },
      top.etag,
    );
    await within1s(() => say(child.key, { model: 'other' }), 404);
    assert.equal(await say(child.key), 200);
    const models = await get(`${house.url}/v1/models`, bearer(child.key));
    assert.doesNotMatch(models.text, /"other"/u);
    // Roles above it.
    const bare = await admin.done('PATCH', `keys/${top.id}`, { roles: [] }, edited.etag);
    await within1s(() => say(child.key), 403);
    await admin.done('PATCH', `keys/${top.id}`, { roles: ['wide'] }, bare.etag);
    await within1s(() => say(child.key), 200);
    // A network that nobody here is in, and hours that are never now.
    const far = await make(admin, { roles: ['wide'], scope: { networks: ['192.0.2.0/24'] } });
    assert.equal(await say(far.key), 403);
    const late = await make(admin, { roles: ['wide'], scope: { when: 'request.hour > 23' } });
    assert.equal(await say(late.key), 403);
  });
});

test('whoever asks why a key may do something is told of its scope and the keys above it', async () => {
  await scene(async ({ admin }) => {
    const top = await make(admin, { roles: ['narrow'] });
    const child = await make(admin, { parent: top.id, scope: { hours: ['mon 03:00-03:01'] } });
    const told = await admin.done('POST', 'policy/explain', {
      principal: { tenant: 'acme', key: child.id },
      call: { model: 'demo' },
      request: { time: '2026-11-26T12:00:00Z' },
    });
    assert.equal(told.body['decision'], 'deny');
    assert.equal(told.body['rule'], `${child.id}/scope[0]`);
    const roles = told.body['roles'] as { role: string; from: string }[];
    assert.deepEqual(
      roles.map(({ role, from }) => `${from} ${role}`),
      ['proof narrow', `scope ${child.id}/scope`, `parent ${top.id}/narrow`],
    );
    const rules = told.body['rules'] as { rule: string; outcome: string }[];
    assert.deepEqual(
      rules.map(({ outcome }) => outcome),
      ['applies', 'condition-unmet', 'applies'],
    );
  });
});

test('RBAC-01: a key above that is revoked ends all below it', async () => {
  await scene(async ({ admin, say }) => {
    const top = await make(admin, { roles: ['wide'] });
    const middle = await make(admin, { parent: top.id });
    const child = await make(admin, { parent: middle.id });
    const sibling = await make(admin, { parent: top.id });
    assert.equal(await say(child.key), 200);
    await admin.done('DELETE', `keys/${middle.id}`, undefined, middle.etag);
    await within1s(() => say(child.key), 401);
    assert.equal(await say(sibling.key), 200);
    await admin.done('DELETE', `keys/${top.id}`, undefined, top.etag);
    await within1s(() => say(sibling.key), 401);
  });
});

test('RBAC-01: children share what is limited by key with the key at the top', async () => {
  const limits = 'limits: [{ name: per-key, per: [key], requests: 3/1h, burst: 3 }]\n';
  await scene(async ({ admin, say }) => {
    const top = await make(admin, { roles: ['wide'] });
    const children = [await make(admin, { parent: top.id }), await make(admin, { parent: top.id })];
    const statuses = [];
    for (const { key } of [top, ...children, ...children]) statuses.push(await say(key));
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
  }, YAML + limits);
});

test('keys of a tenant work no longer than it says, those that are there already too', async () => {
  await scene(async ({ house, admin, say }) => {
    const told = await admin.done('POST', 'tenants', { id: 'globex', keyLifetimeMax: '90d' });
    assert.equal(told.body['keyLifetimeMax'], '90d');
    const long = { tenant: 'globex', roles: ['developer'], expires: '100d' };
    const refused = await admin.ask('POST', 'keys', long);
    assert.equal(refused.body['field'], 'expires');
    const made = await admin.done('POST', 'keys', { tenant: 'globex', roles: ['developer'] });
    const lifeMs = Date.parse(String(made.body['expiresAt'])) - Date.now();
    assert.ok(lifeMs > 89 * 86_400_000 && lifeMs <= 90 * 86_400_000);
    const old = await house.key({
      tenant: 'globex',
      roles: ['developer'],
      createdMs: Date.now() - 91 * 86_400_000,
    });
    assert.equal(await say(old), 401);
    assert.equal(await say(String(made.body['key'])), 200);
  });
});
