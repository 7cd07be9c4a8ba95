/** End users: a name is a dimension of records and rules; a signed token makes its user the call's. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import { AUDIENCE, newKey, openIssuer, type TestIssuer, tokenOf } from '../support/issuer.ts';

const HEADER = 'x-llmproxy-end-user';

interface Scene {
  readonly house: House;
  readonly issuer: TestIssuer;
  readonly key: string;
  readonly token: (claims?: object) => Promise<string>;
  readonly say: (key: string, endUser?: string, more?: object) => Promise<number>;
}

async function scene(
  run: (scene: Scene) => Promise<void>,
  failures = 'failuresPerAddress: 100000/1m',
): Promise<void> {
  const [issuer, signing] = await Promise.all([openIssuer(), newKey('k')]);
  issuer.keys = [signing.jwk];
  const house = await openHouse(`${DEMO}guards: []
tenants:
  - id: acme
    roles:
      app: { allow: [{ actions: [chat], models: ["*"], when: '!has(call.endUser) || call.endUser != "mallory"' }] }
  - { id: bank }
limits: [{ name: per-user, per: [user], requests: 3/1h, burst: 3 }]
auth:
  ${failures}
  endUsers: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, claims: { tenant: org }, tenants: [acme, bank], userPrefix: "app:", allowPrivateAddress: true }]
`);
  try {
    const key = await house.key({ user: null, roles: ['app'] });
    const token: Scene['token'] = (claims = {}) =>
      tokenOf(issuer.url, signing, { claims: { org: 'acme', ...claims } });
    const say: Scene['say'] = async (by, endUser, more = {}) => {
      const headers = { ...bearer(by), ...(endUser !== undefined && { [HEADER]: endUser }) };
      return (await post(`${house.url}/v1/chat/completions`, chat('hello', more), headers)).status;
    };
    await run({ house, issuer, key, token, say });
  } finally {
    await house.close();
    await issuer.close();
  }
}

test('a name in the header is what records and rules know of the end user, and owns nothing', async () => {
  await scene(async ({ house, key, say }) => {
    assert.equal(await say(key, 'bob', { user: 'mallory' }), 200, 'the header counts');
    assert.equal(await say(key, 'mallory'), 403);
    assert.equal(await say(key, undefined, { user: 'mallory' }), 403);
    for (const odd of ['x'.repeat(1_025), '']) assert.equal(await say(key, odd), 400);
    const statuses = [];
    for (let index = 0; index < 5; index += 1) statuses.push(await say(key, `bob-${index}`));
    assert.equal(statuses.at(-1), 429, 'a name that anybody can write is no bucket of its own');
    const record = (await house.records()).find(({ kind }) => kind === 'complete');
    assert.deepEqual([record?.endUser, record?.user], ['bob', undefined]);
  });
});

test('a signed end user is the user of the call: in records, limits and suspensions', async () => {
  await scene(async ({ house, key, token, say }) => {
    const [ann, bob] = await Promise.all([token(), token({ sub: 'bob', act: { sub: 'agent-7' } })]);
    const statuses = [];
    for (let index = 0; index < 4; index += 1) statuses.push(await say(key, ann));
    assert.deepEqual(statuses, [200, 200, 200, 429]);
    assert.equal(await say(key, bob), 200, 'another user has another bucket');
    const records = (await house.records()).filter(({ kind }) => kind === 'complete');
    assert.deepEqual(
      [records.at(-1)?.user, records.at(-1)?.onBehalfOf, records.at(-1)?.auth],
      ['app:bob', 'agent-7', 'api-key'],
    );
    const entry = {
      id: 'u1',
      at: 1,
      actor: 'test',
      action: 'user.create',
      resource: 'user/x',
      tenant: 'acme',
      diff: null,
    };
    const suspended = {
      id: 'app:bob',
      tenant: 'acme',
      team: null,
      name: null,
      status: 'suspended',
    } as const;
    await house.running.world.storage.change(entry, (tx) =>
      tx.users.insert({ ...suspended, provisioned: null, createdMs: 1, version: 1 }),
    );
    const startMs = performance.now();
    while ((await say(key, bob)) !== 401) assert.ok(performance.now() - startMs < 1_000);
  });
});

test('a token that is not for this caller lets nobody be somebody else', async () => {
  await scene(async ({ house, key, token, say }) => {
    const bound = await house.key({ user: 'app:ann', roles: ['app'] });
    assert.equal(await say(bound, await token()), 200);
    assert.equal(
      await say(bound, await token({ sub: 'bob' })),
      401,
      'a key of one user stays that',
    );
    assert.equal(await say(key, await token({ org: 'bank' })), 401, 'a user of another tenant');
    const forged = (await token()).slice(0, -6) + 'AAAAAA';
    assert.equal(await say(key, forged), 401);
    assert.equal(await say(key, await token({ exp: 1 })), 401);
    assert.equal(await say(await token()), 401, 'it is no credential of a caller');
  });
});

test('wrong end users count for their address and are recorded with the key that brings them', async () => {
  const few = 'failuresPerAddress: 3/1h\n  failuresPerKey: 1/1h';
  await scene(async ({ house, key, token, say }) => {
    const id = key.split('_')[2];
    const [known, fresh] = await Promise.all([token(), token({ jti: 'another', sub: 'bob' })]);
    assert.equal(await say(key, known), 200);
    for (let index = 0; index < 5; index += 1) {
      assert.equal(
        await say(key, await token({ exp: index + 1 })),
        401,
        'expired ones do not count',
      );
    }
    const statuses = [];
    for (let index = 0; index < 6; index += 1) {
      statuses.push(await say(key, (await token()).slice(0, -10) + `AAAAAAAAA${index}`));
    }
    assert.deepEqual(statuses, [401, 401, 401, 429, 429, 429]);
    assert.equal(await say(key, fresh), 429, 'a token that nobody knows yet waits');
    assert.equal(await say(key, known), 200, 'one that was proven before goes on');
    assert.equal(await say(key), 200, 'and so does the key');
    const wrong = key.slice(0, -1) + (key.endsWith('a') ? 'b' : 'a');
    assert.equal(await say(wrong), 429);
    const denied = (await house.records()).filter(
      (record) => record.key === id && record.kind === 'deny',
    );
    assert.equal(denied.length, 5 + 6 + 1);
    assert.deepEqual(
      [...new Set(denied.map(({ reason }) => reason))],
      ['credential-rejected: expired', 'credential-rejected: untrusted', 'credential-limited'],
    );
  }, few);
});

test('a key that brings wrong end users was not guessed', async () => {
  const rates = 'failuresPerAddress: 1000/1h\n  failuresPerKey: 1/1h';
  await scene(async ({ key, token, say }) => {
    for (let index = 0; index < 4; index += 1) {
      assert.equal(await say(key, (await token()).slice(0, -6) + 'AAAAAA'), 401);
    }
    assert.equal(await say(key), 200);
  }, rates);
});

test('where no issuer of end users is named, a token is refused and not taken for a name', async () => {
  const house = await openHouse(`${DEMO}guards: []\ntenants: [{ id: acme }]\n`);
  try {
    const key = await house.key({ roles: ['developer'] });
    const [issuer, signing] = await Promise.all([openIssuer(), newKey('k')]);
    const headers = { ...bearer(key), [HEADER]: await tokenOf(issuer.url, signing) };
    const answer = await post(`${house.url}/v1/chat/completions`, chat('x'), headers);
    assert.equal(answer.status, 400);
    assert.match(answer.text, /x-llmproxy-end-user/u);
    await issuer.close();
  } finally {
    await house.close();
  }
});

test('a key that is revoked while the end user is proven does not go on', async () => {
  await scene(async ({ house, issuer, key, token, say }) => {
    issuer.delayMs = 1_500;
    const slow = say(key, await token({ sub: 'bob' }));
    const deadline = Date.now() + 10_000;
    while (issuer.reads() === 0 && Date.now() < deadline) await setTimeout(10);
    await house.revoke(key);
    assert.equal(await say(key), 401);
    assert.equal(issuer.reads(), 1, 'the proof is still waited for');
    assert.equal(await slow, 401);
  });
});

test('what the issuer of end users says is not taken for the word of the caller’s own issuer', async () => {
  const [own, users, key] = await Promise.all([openIssuer(), openIssuer(), newKey('k')]);
  own.keys = users.keys = [key.jwk];
  const house = await openHouse(`${DEMO}guards: []
tenants:
  - id: acme
    roles:
      base: { allow: [{ actions: [models], models: ["*"] }] }
      risk: { allow: [{ actions: [chat], models: ["*"] }] }
      by: { allow: [{ actions: [chat], models: ["*"], when: 'principal.claims.iss == ["${own.url}"] && "left" in principal.claims.department' }] }
    bindings:
      - { role: base, users: ["*"] }
      - { role: by, users: ["*"] }
      - { role: risk, claims: { department: [risk], iss: ["${own.url}"] } }
auth:
  jwt: [{ issuer: "${own.url}", audience: ${AUDIENCE}, tenant: acme, claims: { user: null, kept: [department] }, allowPrivateAddress: true }]
  endUsers: [{ issuer: "${users.url}", audience: ${AUDIENCE}, tenant: acme, claims: { kept: [department] }, allowPrivateAddress: true }]
`);
  try {
    const say = async (app: string, endUser: string): Promise<number> => {
      const headers = { ...bearer(app), [HEADER]: endUser };
      return (await post(`${house.url}/v1/chat/completions`, chat('hello'), headers)).status;
    };
    const app = await tokenOf(own.url, key);
    for (const department of ['risk', 'left']) {
      const claims = { sub: 'bob', department, act: { sub: 'agent-7' } };
      assert.equal(await say(app, await tokenOf(users.url, key, { claims })), 403, department);
    }
    const asked = await tokenOf(own.url, key, { claims: { department: 'risk' } });
    assert.equal(await say(asked, await tokenOf(users.url, key, { claims: { sub: 'bob' } })), 200);
    const denied = (await house.records()).find(({ kind }) => kind === 'deny');
    assert.deepEqual([denied?.user, denied?.onBehalfOf], ['bob', 'agent-7']);
  } finally {
    await house.close();
    await own.close();
    await users.close();
  }
});
