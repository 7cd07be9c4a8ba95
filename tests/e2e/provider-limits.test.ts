/** Limits that count by provider: each attempt for its own, and the next deployment where one is full. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { type Answer, bearer, chat, type House, post } from '../support/house.ts';
import { settled, using } from '../support/money.ts';
import { openStream } from '../support/streams.ts';
import { openTwoProviders, type TwoOptions, type TwoProviders } from '../support/two-providers.ts';
import { answering, chunk, json, type Script, sse } from '../support/upstream.ts';

type Say = (body?: object) => Promise<Answer>;
interface Stage extends TwoProviders {
  readonly house: House;
  readonly key: string;
  readonly say: Say;
}

async function scene(
  limits: string,
  run: (stage: Stage) => Promise<void>,
  scripts: readonly [Script, Script] = [using(10, 20), using(10, 20)],
  options: TwoOptions = {},
): Promise<void> {
  const open = await openTwoProviders(limits, scripts, options);
  try {
    const [house] = open.houses;
    assert.ok(house !== undefined);
    const key = await house.key();
    const say: Say = async (body = {}) => {
      const url = `${house.url}/v1/chat/completions`;
      const answer = await post(url, chat('hi', { max_tokens: 50, ...body }), bearer(key));
      await settled(house);
      return answer;
    };
    await run({ ...open, house, key, say });
    await settled(house);
    assert.equal(house.running.world.limitStore.openCount, 0, 'nothing is held any more');
  } finally {
    await open.close();
  }
}

const statusesOf = async (count: number, say: Say): Promise<number[]> => {
  const statuses: number[] = [];
  for (let call = 0; call < count; call += 1) statuses.push((await say()).status);
  return statuses;
};

const failing =
  (times: number, then: Script): Script =>
  (seen, response, socket) => {
    times -= 1;
    if (times < 0) return then(seen, response, socket);
    return json(response, 503, { error: { message: 'busy' } });
  };

const never: Script = () => assert.fail('a provider that is full is not asked');

test('a provider that is full is passed over; where none is left the caller is told 429 and when', async () => {
  await scene(
    '{ name: each, per: [provider], requests: 1/1h }',
    async ({ say, one, two, house }) => {
      assert.deepEqual(await statusesOf(2, say), [200, 200]);
      const refused = await say();
      assert.equal(refused.status, 429);
      assert.equal((refused.json['error'] as { code: string }).code, 'rate_limit_exceeded');
      assert.ok(Number(refused.headers.get('retry-after')) > 3_000);
      assert.ok(Number(refused.headers.get('retry-after-ms')) > 3_000_000);
      assert.equal(refused.headers.get('x-ratelimit-remaining-requests'), '0');
      assert.match(refused.headers.get('ratelimit') ?? '', /^"each";r=0;/u);
      assert.deepEqual([one.seen.length, two.seen.length], [1, 1]);
      const records = await house.records();
      const denied = records.filter(({ kind }) => kind === 'deny');
      assert.deepEqual(
        denied.map(({ reason }) => reason),
        ['limit-reached: each'],
      );
      const [complete] = records.filter(({ kind }) => kind === 'complete');
      assert.deepEqual(
        complete?.limits?.map(({ name, remaining }) => [name, remaining]),
        [['each', 0]],
      );
      assert.equal(denied[0]?.attempts, undefined, 'nothing of it was sent');
    },
  );
});

test("the refusal is in the caller's dialect", async () => {
  await scene('{ name: each, per: [provider], requests: 1/1h }', async ({ say, house, key }) => {
    assert.deepEqual(await statusesOf(2, say), [200, 200]);
    const body = { model: 'demo', max_tokens: 9, messages: [{ role: 'user', content: 'hi' }] };
    const refused = await post(`${house.url}/v1/messages`, body, { 'x-api-key': key });
    assert.equal(refused.status, 429);
    assert.equal((refused.json['error'] as { type: string }).type, 'rate_limit_error');
    assert.ok(Number(refused.headers.get('retry-after')) > 3_000);
  });
});

test('calls that race fill each provider exactly', async () => {
  await scene(
    '{ name: each, per: [provider], requests: 5/1h }',
    async ({ one, two, house, key }) => {
      const url = `${house.url}/v1/chat/completions`;
      const answers = await Promise.all(
        Array.from({ length: 24 }, () => post(url, chat('hi'), bearer(key))),
      );
      assert.equal(answers.filter(({ status }) => status === 200).length, 10);
      assert.equal(answers.filter(({ status }) => status === 429).length, 14);
      assert.deepEqual([one.seen.length, two.seen.length], [5, 5]);
    },
  );
});

test('each attempt counts at its own provider: a retry is a request, and a fallback is at the other', async () => {
  // Two attempts at the first, which is full then; the answer of the second call is the other's.
  await scene(
    '{ name: each, per: [provider], requests: 2/1h }',
    async ({ say, one, two }) => {
      assert.deepEqual(await statusesOf(2, say), [200, 200]);
      assert.deepEqual([one.seen.length, two.seen.length], [2, 1]);
      assert.deepEqual(await statusesOf(2, say), [200, 429]);
      assert.deepEqual([one.seen.length, two.seen.length], [2, 2]);
    },
    [failing(1, using(10, 20)), using(10, 20)],
    { weights: [1, 0] },
  );
});

test('a retry that its provider is full for is not made, and the call falls back', async () => {
  await scene(
    '{ name: each, per: [provider], requests: 1/1h }',
    async ({ say, one, two, house }) => {
      assert.equal((await say()).status, 200);
      assert.deepEqual([one.seen.length, two.seen.length], [1, 1]);
      const [record] = (await house.records()).filter(({ kind }) => kind === 'complete');
      assert.deepEqual(
        record?.attempts?.map(({ provider }) => provider),
        ['one', 'two'],
      );
    },
    [failing(9, never), using(10, 20)],
    { weights: [1, 0] },
  );
});

test('an attempt that failed gives its tokens back to its provider, and keeps its request', async () => {
  await scene(
    '{ name: words, per: [provider], outputTokens: 60/1h, requests: 9/1h }',
    async ({ say, one }) => {
      // 50 of 60 are held for each attempt: the second one fits because the first gave back.
      const answer = await say();
      assert.equal(answer.status, 200);
      assert.equal(one.seen.length, 2);
      assert.match(answer.headers.get('ratelimit') ?? '', /^"words";r=7;.*, "words";r=10;/u);
    },
    [failing(1, using(10, 20)), never],
    { weights: [1, 0] },
  );
});

test('what was used takes the place of what was held, of tokens and of money', async () => {
  await scene(
    '{ name: words, per: [provider], outputTokens: 100/1h, providers: [one] }',
    async ({ say, one, two }) => {
      // 50 are held and 20 used: the fourth would hold 50 of 40, and the other has no limit.
      assert.deepEqual(await statusesOf(4, say), [200, 200, 200, 200]);
      assert.deepEqual([one.seen.length, two.seen.length], [3, 1]);
    },
    [using(10, 20), using(10, 20)],
    { weights: [1, 0] },
  );
  const price = ', price: { inputPerMTok: 1, outputPerMTok: 2 }';
  await scene(
    '{ name: spend, per: [provider], usd: 0.0004/1h }',
    async ({ say, one, two }) => {
      const dear = await say({ max_tokens: undefined });
      assert.equal(dear.status, 429, 'an answer that names no bound gets one, and is too dear');
      assert.equal(dear.headers.get('x-should-retry'), 'false', 'it would never fit');
      // 50,000 nano-dollars each, and 200,000 to 300,000 of 400,000 held.
      const statuses = await statusesOf(13, say);
      assert.ok(one.seen.length >= 3 && one.seen.length <= 5, `${one.seen.length}`);
      assert.equal(one.seen.length, two.seen.length);
      assert.equal(statuses.filter((status) => status === 200).length, one.seen.length * 2);
      assert.equal(statuses.at(-1), 429);
    },
    [using(10, 20), using(10, 20)],
    { weights: [1, 0], price },
  );
});

test('money that is counted by provider and cannot be bounded is refused', async () => {
  await scene('{ name: spend, per: [provider], usd: 1/1h }', async ({ say, one, two, house }) => {
    assert.equal((await say()).status, 403);
    assert.deepEqual([one.seen.length, two.seen.length], [0, 0]);
    const [denied] = (await house.records()).filter(({ kind }) => kind === 'deny');
    assert.equal(denied?.reason, 'price-unknown: spend');
  });
});

test('an attempt that was cut is charged what its provider may have read', async () => {
  await scene(
    '{ name: read, per: [provider], inputTokens: 1000/1h }, { name: own, per: [key], inputTokens: 1000/1h }',
    async ({ say, house, key }) => {
      assert.equal((await say()).status, 502);
      assert.equal(house.running.world.limitStore.openCount, 0);
      const body = chat('hi', { max_tokens: 50, stream: true });
      const answer = await openStream(`${house.url}/v1/chat/completions`, body, bearer(key));
      await answer.over;
      const used = (name: string): number => {
        const [, left] =
          new RegExp(`"${name}";r=(\\d+)`, 'u').exec(String(answer.headers['ratelimit'])) ?? [];
        return 1_000 - Number(left);
      };
      // Of the caller: one call that was cut, and this one. Of the provider: two attempts, and this one.
      const [cut] = (await house.records()).filter(({ kind }) => kind === 'complete');
      const each = cut?.attempts?.map(({ provider, usage }) => [provider, usage?.inputTokens]);
      const one = used('read') - used('own');
      assert.ok(one > 0);
      assert.deepEqual(each, [
        ['one', one],
        ['one', one],
        ['two', one],
        ['two', one],
      ]);
      assert.equal(cut?.usage?.inputTokens, 4 * one, 'each of them may have been answered');
    },
    [cutting(2, answering('fine')), cutting(2, answering('fine'))],
    { weights: [1, 0] },
  );
});

const cutting =
  (times: number, then: Script): Script =>
  (seen, response, socket) => {
    times -= 1;
    if (times < 0) return then(seen, response, socket);
    socket.destroy();
    return undefined;
  };

const slowly: Script = async (_seen, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk('a word '));
  await delay(400);
  response.end(chunk('', 'stop') + sse('[DONE]'));
};

test('a stream has its place at its provider until its last byte, and leaves it however it ends', async () => {
  await scene(
    '{ name: parallel, per: [provider], concurrency: 1 }',
    async ({ house, key, one, two }) => {
      const url = `${house.url}/v1/chat/completions`;
      const begin = () => openStream(url, chat('x', { stream: true }), bearer(key));
      const streams = [await begin(), await begin()];
      assert.deepEqual(
        streams.map(({ status }) => status),
        [200, 200],
      );
      assert.deepEqual([one.seen.length, two.seen.length], [1, 1]);
      assert.equal((await begin()).status, 429);
      assert.deepEqual(await Promise.all(streams.map(({ over }) => over)), ['end', 'end']);
      await settled(house);
      const gone = await begin();
      assert.equal(gone.status, 200);
      gone.abort();
      await settled(house);
      assert.equal((await begin()).status, 200);
    },
    [slowly, slowly],
  );
});

test('tenants share what is counted by provider alone, and a tenant has its own where it is named', async () => {
  await scene(
    '{ name: own, per: [tenant, provider], requests: 1/1h, providers: [two] }, { name: all, per: [provider], requests: 2/1h, providers: [two] }',
    async ({ house, one, two }) => {
      const url = `${house.url}/v1/chat/completions`;
      const rival = await house.key({ tenant: 'rival' });
      for (const [key, statuses] of [
        [await house.key(), [200, 429]],
        [rival, [200, 429]],
      ] as const) {
        for (const status of statuses) {
          assert.equal((await post(url, chat('hi'), bearer(key))).status, status);
        }
      }
      const third = await house.key({ tenant: 'third' });
      const refused = await post(url, chat('hi'), bearer(third));
      assert.equal(refused.status, 429);
      assert.match(refused.headers.get('ratelimit') ?? '', /"all";r=0/u);
      assert.deepEqual([one.seen.length, two.seen.length], [0, 2]);
    },
    [never, using(10, 20)],
    { models: '{ deployments: [{ provider: two, model: m }] }', tenants: ['rival', 'third'] },
  );
});
