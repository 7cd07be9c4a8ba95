/**
 * RUN-01: a sub-agent is talked into getting more than it was given. It cannot get more than what is
 * above it in any field, reach another's run, or outrun its caps with calls at once.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat, get, type House, post } from '../support/house.ts';
import { costOf, moneyYaml, settled, spentOf, using, withMoneyHouse } from '../support/money.ts';
import { AUDIENCE, newKey, openIssuer, tokenOf } from '../support/issuer.ts';
import { end, left, mint, scopeOf } from '../support/runs.ts';
import { completion, json, type Script } from '../support/upstream.ts';

const say = async (house: House, token: string, body: object = {}): Promise<number> => {
  const asked = chat('hello', { max_tokens: 100, ...body });
  return (await post(`${house.url}/v1/chat/completions`, asked, bearer(token))).status;
};

const tryMint = async (house: House, token: string, body: object): Promise<number> =>
  (await post(`${house.url}/v1/runs`, { wallTime: '1m', ...body }, bearer(token))).status;

test('RUN-01: no field of a run below is wider than one above, asked for or left out', async () => {
  await withMoneyHouse(using(10, 100), async ({ house }, key) => {
    const caps = { usd: 0.001, calls: 2, depth: 2, tools: ['read_*'], models: ['demo'] };
    const outer = await mint(house, key, { ...caps, wallTime: '5m' });
    const middle = await mint(house, outer.token, { depth: 1 });
    // Two levels up counts as much as one.
    for (const token of [outer.token, middle.token]) {
      for (const body of [
        { usd: 0.0011 },
        { calls: 3 },
        { depth: 8 },
        { tools: ['*'] },
        { tools: ['read_file', 'pay'] },
        { models: ['demo', 'claude'] },
        { models: ['*'] },
        // What a run is made of is not for callers to say.
        { holder: 'x', path: 'x' },
        { run: null },
        { parent: null },
        { roles: ['developer'] },
        { scope: null },
        { expires: '24h' },
        { ['__proto__']: { usd: 1 } },
      ]) {
        assert.equal(await tryMint(house, token, body), 400, JSON.stringify(body));
      }
    }
    const proto = await post(
      `${house.url}/v1/runs`,
      '{"wallTime":"1m","__proto__":{"usd":9}}',
      bearer(outer.token),
    );
    assert.equal(proto.status, 400);
    const inner = await mint(house, middle.token, { wallTime: '24h' });
    assert.equal(inner.expiresAt, outer.expiresAt);
    assert.equal(await tryMint(house, inner.token, {}), 403, 'no depth is left');
    const pay = { type: 'function', function: { name: 'pay', parameters: {} } };
    assert.equal(await say(house, inner.token, { tools: [pay] }), 403);
    assert.equal(await say(house, inner.token, { model: 'claude' }), 404);
    assert.equal(await say(house, inner.token), 200);
    assert.equal(await say(house, middle.token), 200);
    // The calls of the outermost are used up, whoever has made them, and whoever asks.
    const fresh = await mint(house, outer.token);
    for (const { token } of [inner, middle, outer, fresh]) {
      assert.equal(await say(house, token), 429);
    }
  });
});

test('RUN-01: a run token reads and ends itself and what it has minted, and nothing else', async () => {
  await withMoneyHouse(using(1, 1), async ({ house }, key) => {
    const stranger = await house.key({ user: 'bob' });
    const foreign = await house.key({ user: 'alice' });
    const mine = await mint(house, key, { depth: 2 });
    const child = await mint(house, mine.token, { depth: 1 });
    const grandchild = await mint(house, child.token);
    const sibling = await mint(house, key, { depth: 1 });
    const missing = 'run_000000000000';
    const keyId = `key_${key.split('_')[2]}`;
    const seen = async (id: string, token: string): Promise<number[]> => [
      (await get(`${house.url}/v1/runs/${id}`, bearer(token))).status,
      (await end(house, id, token)).status,
    ];
    const hidden: readonly (readonly [id: string, token: string])[] = [
      [mine.id, child.token],
      [mine.id, grandchild.token],
      [child.id, grandchild.token],
      [mine.id, sibling.token],
      [child.id, sibling.token],
      [sibling.id, mine.token],
      [mine.id, stranger],
      // Another key of the same person has not minted it.
      [mine.id, foreign],
      [missing, key],
      // A key is no run.
      [keyId, key],
      [keyId.replace('key_', 'run_'), mine.token],
      ['%2e%2e', key],
    ];
    for (const [id, token] of hidden) {
      const statuses = await seen(id, token);
      assert.ok(
        statuses.every((status) => status === 404 || (id.startsWith('%') && status === 400)),
        `${id}: ${statuses.join(' ')}`,
      );
    }
    for (const { token } of [mine, child, grandchild, sibling]) {
      assert.equal(await say(house, token), 200, 'nothing has ended');
    }
    assert.equal((await left(house, grandchild.id, mine.token))['state'], 'live');
    assert.equal((await end(house, child.id, child.token)).status, 200, 'itself');
    await delay(50);
    for (const { token } of [child, grandchild]) assert.equal(await say(house, token), 401);
    for (const { token } of [mine, sibling]) assert.equal(await say(house, token), 200);
    assert.equal(await tryMint(house, child.token, {}), 401, 'what has ended mints nothing');
  });
});

test('RUN-01: calls at once, through many sub-runs, are never more than the cap', async () => {
  const slow: Script = async (_seen, response) => {
    await delay(20);
    json(response, 200, completion('fine', { usage: { prompt_tokens: 1, completion_tokens: 1 } }));
  };
  await withMoneyHouse(slow, async ({ house, upstream }, key) => {
    const outer = await mint(house, key, { calls: 7, depth: 1 });
    const runs = [outer];
    for (let count = 0; count < 5; count += 1) runs.push(await mint(house, outer.token));
    const asked = Array.from({ length: 60 }, (_, index) => runs[index % runs.length]?.token ?? '');
    const statuses = await Promise.all(asked.map((token) => say(house, token)));
    assert.equal(statuses.filter((status) => status === 200).length, 7);
    assert.equal(upstream.seen.length, 7);
    await settled(house);
    assert.deepEqual((await left(house, outer.id, key))['left'], { usd: null, calls: 0 });
  });
});

test('RUN-01: money at once, through many sub-runs, is never more than the cap', async () => {
  const slow: Script = async (_seen, response) => {
    await delay(20);
    const usage = { prompt_tokens: 10, completion_tokens: 100, total_tokens: 110 };
    json(response, 200, completion('fine', { usage }));
  };
  await withMoneyHouse(slow, async ({ house }, key) => {
    const capNano = 1_500_000;
    const outer = await mint(house, key, { usd: capNano / 1e9, depth: 1 });
    const runs = [outer];
    for (let count = 0; count < 5; count += 1) {
      runs.push(await mint(house, outer.token, { usd: 0.001 }));
    }
    const statuses: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      const asked = Array.from(
        { length: 30 },
        (_, index) => runs[index % runs.length]?.token ?? '',
      );
      statuses.push(...(await Promise.all(asked.map((token) => say(house, token)))));
      await settled(house);
      assert.ok((await spentOf(house)) <= capNano);
    }
    const answered = statuses.filter((status) => status === 200).length;
    assert.equal(await spentOf(house), answered * costOf(10, 100));
    assert.ok(answered >= 5, `${answered} were answered: it is a cap, and no wall`);
    assert.ok(statuses.every((status) => status === 200 || status === 429));
  });
});

test('RUN-01: however many runs a key mints, they are that key for limits that count or name keys', async () => {
  await withMoneyHouse(using(1, 1), async ({ house, upstream }, key) => {
    const id = key.split('_')[2] ?? '';
    const many = async (count: number): Promise<number[]> => {
      const runs = [];
      for (let made = 0; made < count; made += 1) runs.push(await mint(house, key));
      const statuses = [];
      for (const { token } of runs) statuses.push(await say(house, token));
      return statuses;
    };
    for (const limit of [
      'per: [key], models: [demo]',
      'per: [service-account], models: [demo]',
      'per: ["cel: principal.key"], models: [demo]',
      `per: [tenant], models: [demo], when: 'principal.key == "${id}"'`,
    ]) {
      const name = `l${limit.length}`;
      const limits = `limits: [{ name: ${name}, ${limit}, requests: 2/1h, burst: 2 }]`;
      assert.equal((await house.apply(moneyYaml(upstream, limits))).applied, true);
      assert.deepEqual(await many(4), [200, 200, 429, 429], limit);
    }
  });
});

test('RUN-01: misuse with many runs is misuse of one key, and who may make no call has none to give', async () => {
  const tenants = `
auth: { apiKeys: { quarantine: 3/1h } }
`;
  await withMoneyHouse(
    using(1, 1),
    async ({ house }, key) => {
      let last = 0;
      for (let count = 0; count < 12 && last !== 401; count += 1) {
        const told = await post(`${house.url}/v1/runs`, { wallTime: '1m' }, bearer(key));
        last = told.status;
        if (last === 201) await say(house, String(told.json['token']), { model: 'no-such-model' });
        await delay(30);
      }
      assert.equal(last, 401, 'the key was put aside');
      const narrow = await house.key({ scope: NOWHERE });
      assert.equal(await tryMint(house, narrow, {}), 403);
    },
    tenants,
  );
});

const NOWHERE = scopeOf('192.0.2.0/24');

test('RUN-01: a key may have so many live runs, and ending one makes room', async () => {
  await withMoneyHouse(using(1, 1), async ({ house }, key) => {
    const first = await mint(house, key, { depth: 1 });
    await mint(house, first.token);
    const { world } = house.running;
    const record = await world.storage.keys.find(first.id.slice(4));
    assert.ok(record !== null && record.run !== null);
    const { run } = record;
    const entry = {
      actor: 'test',
      action: 'test.seed',
      resource: 'test',
      tenant: null,
      diff: null,
    };
    await world.storage.change({ ...entry, id: 'seed', at: 1 }, async (tx) => {
      for (let count = 0; count < 998; count += 1) {
        const id = `x${String(count).padStart(11, '0')}`;
        await tx.keys.insert({ ...record, id, run: { ...run, path: id } });
      }
      return { ok: true, value: null } as const;
    });
    assert.equal(await tryMint(house, key, {}), 403);
    assert.equal(await tryMint(house, first.token, {}), 403, 'those below count as well');
    assert.equal(await tryMint(house, await house.key(), {}), 201, 'another key has its own');
    assert.equal((await end(house, first.id, key)).status, 200);
    const made = await Promise.all(Array.from({ length: 5 }, () => tryMint(house, key, {})));
    assert.deepEqual(
      made.toSorted((a, b) => a - b),
      [201, 201, 403, 403, 403],
    );
  });
});

test('RUN-01: a token of an identity provider has no key that a run could be made from', async () => {
  const issuer = await openIssuer();
  const signer = await newKey('k1');
  issuer.keys = [signer.jwk];
  const auth = `auth: { jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, allowPrivateAddress: true, tenant: acme }] }`;
  try {
    await withMoneyHouse(
      using(1, 1),
      async ({ house }) => {
        const token = await tokenOf(issuer.url, signer, { claims: {}, header: {} });
        assert.equal(await say(house, token), 200);
        assert.equal(await tryMint(house, token, {}), 403);
        assert.equal(
          (await get(`${house.url}/v1/runs/run_000000000000`, bearer(token))).status,
          404,
        );
        const denied = (await house.records()).filter(({ route }) => route === 'run-mint');
        assert.deepEqual(
          denied.map(({ reason }) => reason),
          ['run-forbidden: no-key'],
        );
      },
      auth,
    );
  } finally {
    await issuer.close();
  }
});
