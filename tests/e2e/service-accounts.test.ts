/**
 * Service accounts, end to end: what they may do, how they are counted and recorded, and that suspending
 * or deleting one ends its keys, their tokens, the runs under them and streams that are open.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Admin, openAdmin } from '../support/admin.ts';
import { bearer, chat, DEMO, get, type House, openHouse, post } from '../support/house.ts';
import { guideNamed, runGuide } from '../support/guide.ts';
import { freePort } from '../support/programs.ts';

const YAML = `
guards: []
tenants:
  - id: acme
    roles:
      nothing: { allow: [] }
      caller: { allow: [{ actions: [chat, models], models: ["*"], when: 'has(principal.serviceAccount) && principal.serviceAccount == "ci"' }] }
      shut: { allow: [], deny: [{ actions: ["*"], models: ["*"] }] }
    bindings:
      - { role: caller, serviceAccounts: [ci] }
      - { role: shut, teams: [closed] }
  - { id: rival, bindings: [{ role: developer, keys: ["*"], serviceAccounts: ["*"] }] }
limits:
  - { name: per-account, per: [service-account], requests: 4/1h, burst: 4, models: [counted] }
auth:
`;

async function scene(): Promise<{ house: House; admin: Admin }> {
  const port = await freePort();
  const counted = DEMO.replace(
    'models:',
    'models:\n  counted: { deployments: [{ provider: demo, model: demo }] }',
  );
  const house = await openHouse(`${counted}${YAML}  resource: { url: "http://127.0.0.1:${port}" }
  tokens: { lifetime: 5m }
server: { listen: "127.0.0.1:${port}" }`);
  return { house, admin: await openAdmin(house) };
}

const models = async ({ url }: House, token: string): Promise<number> =>
  (await get(`${url}/v1/models`, bearer(token))).status;
const say = async ({ url }: House, token: string, model = 'demo'): Promise<number> =>
  (await post(`${url}/v1/chat/completions`, chat('hello', { model }), bearer(token))).status;

/** Within a second, as other gateways on the store would. */
async function eventually(status: number, ask: () => Promise<number>): Promise<void> {
  const endMs = performance.now() + 1_500;
  for (;;) {
    const told = await ask();
    if (told === status) return;
    assert.ok(performance.now() < endMs, `still ${told}, and not ${status}`);
  }
}

interface Made {
  readonly id: string;
  readonly etag: string;
}

async function account(admin: Admin, name = 'ci', more: object = {}): Promise<Made> {
  const { body, etag } = await admin.done('POST', 'service-accounts', {
    tenant: 'acme',
    name,
    ...more,
  });
  return { id: String(body['id']), etag };
}

async function keyFor(admin: Admin, serviceAccount: string, more: object = {}) {
  const wanted = { tenant: 'acme', serviceAccount, roles: ['nothing'], ...more };
  const { body } = await admin.done('POST', 'keys', wanted);
  return { id: String(body['id']), key: String(body['key']), body };
}

async function tokenFor({ url }: House, id: string, secret: string): Promise<string> {
  const form = { grant_type: 'client_credentials', client_id: id, client_secret: secret };
  const answer = await fetch(`${url}/oauth/token`, {
    method: 'POST',
    body: new URLSearchParams(form),
  });
  const body = (await answer.json()) as Record<string, unknown>;
  return answer.status === 200 ? String(body['access_token']) : `${answer.status}`;
}

const claimsOf = (token: string): Record<string, unknown> =>
  JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as Record<
    string,
    unknown
  >;

test('a service account has the rights that bindings give it, is counted as one and named in records', async () => {
  const { house, admin } = await scene();
  try {
    await account(admin);
    await account(admin, 'other', { team: 'closed' });
    const [one, two] = [await keyFor(admin, 'ci'), await keyFor(admin, 'ci')];
    assert.deepEqual([one.body['serviceAccount'], one.body['user']], ['ci', null]);
    assert.equal(await say(house, one.key), 200);
    const elsewhere = await keyFor(admin, 'other', { roles: ['developer'] });
    assert.equal(await say(house, elsewhere.key), 403, 'a team denies, and it is of its account');
    const own = await keyFor(admin, 'other', { roles: ['developer'], team: 'open' });
    assert.equal(await say(house, own.key), 200, 'but where the key names another');
    const plain = await house.key({ user: null, roles: ['developer'] });
    assert.equal(await say(house, plain), 200, 'a key of nobody in particular works on');
    assert.equal(await say(house, await house.key({ user: 'ci', roles: ['nothing'] })), 403);
    const asked: number[] = [];
    for (let call = 0; call < 6; call += 1) {
      asked.push(await say(house, call % 2 === 0 ? one.key : two.key, 'counted'));
    }
    assert.deepEqual(asked, [200, 200, 200, 200, 429, 429], 'both keys are one caller');
    assert.equal(await say(house, plain, 'counted'), 200);
    const records = await house.records();
    const named = records.filter(({ serviceAccount }) => serviceAccount === 'ci');
    assert.deepEqual([...new Set(named.map(({ kind }) => kind))].sort(), [
      'admit',
      'complete',
      'deny',
    ]);
    assert.ok(named.every(({ user, tenant }) => user === undefined && tenant === 'acme'));
  } finally {
    await house.close();
  }
});

test('suspended, its keys, their tokens and runs stop, and go on when it does', async () => {
  const { house, admin } = await scene();
  try {
    const { id, etag } = await account(admin);
    const { id: keyId, key } = await keyFor(admin, 'ci', { roles: ['developer'] });
    const below = await keyFor(admin, 'ci', { roles: ['developer'], parent: keyId });
    const token = await tokenFor(house, keyId, key);
    const run = await post(`${house.url}/v1/runs`, { name: 'r', wallTime: '5m' }, bearer(key));
    assert.equal(run.status, 201, run.text);
    const all = [key, below.key, token, String(run.json['token'])];
    for (const one of all) assert.equal(await models(house, one), 200);
    const stopped = await admin.done(
      'PATCH',
      `service-accounts/${id}`,
      { status: 'suspended' },
      etag,
    );
    for (const one of all) await eventually(401, () => models(house, one));
    assert.equal(await tokenFor(house, keyId, key), '401', 'and no new token is given');
    await admin.done('PATCH', `service-accounts/${id}`, { status: 'active' }, stopped.etag);
    for (const one of all) await eventually(200, () => models(house, one));
  } finally {
    await house.close();
  }
});

test('deleted, its keys never work again, also not when one is made under its name', async () => {
  const { house, admin } = await scene();
  try {
    const { id, etag } = await account(admin);
    const { id: keyId, key } = await keyFor(admin, 'ci', { roles: ['developer'] });
    const token = await tokenFor(house, id, key);
    assert.equal(await models(house, token), 200);
    await admin.done('DELETE', `service-accounts/${id}`, undefined, etag);
    for (const one of [key, token]) await eventually(401, () => models(house, one));
    const again = await account(admin);
    assert.notEqual(again.id, id);
    const next = await keyFor(admin, 'ci', { roles: ['developer'] });
    await eventually(200, () => models(house, next.key));
    for (const one of [key, token]) assert.equal(await models(house, one), 401);
    assert.equal(await tokenFor(house, again.id, key), '401');
    const shown = await admin.done('GET', `keys/${keyId}`);
    assert.equal(shown.body['serviceAccount'], 'ci', 'people still see whose it was');
  } finally {
    await house.close();
  }
});

test('at the token endpoint it is a client of its own: its id, and any of its keys', async () => {
  const { house, admin } = await scene();
  try {
    const { id } = await account(admin);
    const stranger = await account(admin, 'other');
    const [one, two] = [await keyFor(admin, 'ci'), await keyFor(admin, 'ci')];
    for (const { key, id: keyId } of [one, two]) {
      const token = await tokenFor(house, id, key);
      const { sub, client_id: client } = claimsOf(token);
      assert.deepEqual([sub, client], [keyId, id]);
      assert.equal(await say(house, token), 200);
    }
    assert.match(await tokenFor(house, one.id, one.key), /\./u, 'the id of the key does as before');
    assert.equal(await tokenFor(house, stranger.id, one.key), '401');
    assert.equal(await tokenFor(house, one.id, two.key), '401');
    const plain = await house.key({ user: null });
    assert.equal(await tokenFor(house, id, plain), '401');
    const given = (await house.records()).filter(({ action }) => action === 'token.issue');
    assert.deepEqual([...new Set(given.map(({ serviceAccount }) => serviceAccount))], ['ci']);
  } finally {
    await house.close();
  }
});

test('what a service account is not: a person, of another tenant, or two under one name', async () => {
  const { house, admin } = await scene();
  try {
    const { id } = await account(admin);
    const made = (path: string, body: object) => admin.ask('POST', path, body);
    const key = { tenant: 'acme', serviceAccount: 'ci' };
    const both = await made('keys', { ...key, user: 'ann' });
    assert.equal(both.status, 400, JSON.stringify(both.body));
    assert.equal((await made('keys', { ...key, tenant: 'rival' })).status, 404);
    assert.equal((await made('keys', { ...key, serviceAccount: 'nobody' })).status, 404);
    assert.equal((await made('service-accounts', { tenant: 'acme', name: 'ci' })).status, 409);
    assert.equal((await made('service-accounts', { tenant: 'rival', name: 'ci' })).status, 201);
    // A key under that of an account is of it, and of no other and nobody else.
    await account(admin, 'other');
    const { id: parent } = await keyFor(admin, 'ci', { roles: ['developer'] });
    const below = await admin.done('POST', 'keys', { tenant: 'acme', parent });
    assert.equal(below.body['serviceAccount'], 'ci');
    for (const wrong of [{ serviceAccount: 'other' }, { user: 'ann' }]) {
      assert.equal((await made('keys', { tenant: 'acme', parent, ...wrong })).status, 400);
    }
    // In the store by hand: a key of one tenant that names an account of another.
    const theirs = await house.key({
      tenant: 'rival',
      user: null,
      serviceAccount: { id: id.slice(4), name: 'ci' },
    });
    assert.equal(await models(house, theirs), 401);
    const records = await house.records();
    const told = records.filter(({ action }) => action?.startsWith('service-account.'));
    assert.deepEqual(told.map(({ action, decision }) => `${action} ${decision ?? 'done'}`).sort(), [
      'service-account.create deny',
      'service-account.create done',
      'service-account.create done',
      'service-account.create done',
    ]);
  } finally {
    await house.close();
  }
});

test('the guide: its commands as they are written', async () => {
  const { house, admin } = await scene();
  try {
    const env = { ADMIN_TOKEN: admin.token, GATEWAY: house.url };
    const out = await runGuide(guideNamed('service-accounts'), 3, house, env);
    assert.match(out, /"id":"demo"/u);
    assert.match(out, /"access_token":"[^"]+","token_type":"Bearer"/u);
    assert.match(out, /"status":"suspended".*\n?401\n/u);
    const left = await admin.done('GET', 'service-accounts?tenant=acme');
    assert.deepEqual(left.body['items'], []);
  } finally {
    await house.close();
  }
});
