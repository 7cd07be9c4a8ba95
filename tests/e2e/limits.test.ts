/** Limits from outside: each algorithm and unit, what callers wait for, and what they are told. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat, type House, post } from '../support/house.ts';
import { openMoneyHouse, settled, using } from '../support/money.ts';
import { openStream } from '../support/streams.ts';
import { chunk, type Script, sse } from '../support/upstream.ts';

async function scene(
  rest: string,
  run: (house: House, key: string) => Promise<void>,
  script: Script = using(10, 20),
) {
  const open = await openMoneyHouse(rest, script);
  try {
    await run(open.house, await open.house.key());
  } finally {
    await open.close();
  }
}

const say = (house: House, key: string, headers: object = {}, body: object = {}) =>
  post(`${house.url}/v1/chat/completions`, chat('hi', { max_tokens: 50, ...body }), {
    ...bearer(key),
    ...headers,
  });

const statusesOf = async (calls: number, ask: () => Promise<{ status: number }>) => {
  const statuses: number[] = [];
  for (let call = 0; call < calls; call += 1) statuses.push((await ask()).status);
  return statuses;
};

test('leaky-bucket: what comes too early waits its turn and is answered; beyond the line it is refused', async () => {
  const limits =
    'limits: [{ name: paced, per: [key], algorithm: leaky-bucket, requests: 2/1s, queue: 2 }]';
  await scene(limits, async (house, key) => {
    const startMs = performance.now();
    const answers = await Promise.all(Array.from({ length: 5 }, () => say(house, key)));
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
    // One at once and two that waited: two intervals of 500 ms, in the first of which all five come.
    assert.ok(performance.now() - startMs >= 950, 'the third waited for two intervals');
    const refused = answers.find(({ status }) => status === 429);
    assert.ok(Number(refused?.headers.get('retry-after-ms')) >= 1_000);
    const records = (await house.records()).filter(({ kind }) => kind === 'deny');
    assert.deepEqual(
      records.map(({ reason }) => reason),
      ['limit-reached: paced', 'limit-reached: paced'],
    );
  });
});

test('leaky-bucket: a caller that leaves is out of the line, and nothing of it is held', async () => {
  const limits =
    'limits: [{ name: paced, per: [key], algorithm: leaky-bucket, requests: 1/1s, queue: 5 }]';
  await scene(limits, async (house, key) => {
    assert.equal((await say(house, key)).status, 200);
    const gone = new AbortController();
    const waiting = fetch(`${house.url}/v1/chat/completions`, {
      method: 'POST',
      signal: gone.signal,
      headers: { 'content-type': 'application/json', ...bearer(key) },
      body: JSON.stringify(chat('hi')),
    });
    await delay(100);
    assert.equal(house.running.world.limitStore.openCount, 0, 'who waits holds nothing');
    gone.abort();
    await assert.rejects(waiting);
    const startMs = performance.now();
    assert.equal((await say(house, key)).status, 200);
    assert.ok(performance.now() - startMs < 1_850, 'the place of who left is free');
  });
});

test('sliding-window, money and directions of tokens are limits of their own', async () => {
  await scene(
    'limits: [{ name: w, per: [key], algorithm: sliding-window, requests: 3/1h }]',
    async (house, key) => {
      assert.deepEqual(await statusesOf(4, () => say(house, key)), [200, 200, 200, 429]);
    },
  );
  // 10 in and 20 out cost 50,000 nano-dollars; held are about 1,000 for each byte and 100,000 out.
  await scene('limits: [{ name: m, per: [key], usd: 0.0004/1h }]', async (house, key) => {
    const ask = async () => {
      const answer = await say(house, key);
      await settled(house);
      return answer;
    };
    const statuses = await statusesOf(8, ask);
    assert.equal(statuses[0], 200);
    assert.equal(statuses.at(-1), 429);
  });
  const sent = JSON.stringify(chat('hi', { max_tokens: 50 })).length;
  await scene(`limits: [{ name: b, per: [key], bytes: ${3 * sent}/1h }]`, async (house, key) => {
    // The body is held, and counted with the answer's: the third one has no room for its own.
    const statuses = await statusesOf(3, async () => {
      const answer = await say(house, key);
      await settled(house);
      return answer;
    });
    assert.deepEqual(statuses, [200, 429, 429]);
    const [record] = (await house.records()).filter(({ kind }) => kind === 'complete');
    assert.equal(record?.limits?.[0]?.remaining, 2 * sent);
  });
  // 10 in and 20 out of each call; what is held is the text and the bound.
  await scene(
    'limits: [{ name: t, per: [key], tokens: 150/1h }, { name: i, per: [key], inputTokens: 65/1h }]',
    async (house, key) => {
      const left: (number | undefined)[][] = [];
      for (let call = 0; call < 3; call += 1) {
        assert.equal((await say(house, key)).status, 200);
        await settled(house);
        const record = (await house.records()).findLast(({ kind }) => kind === 'complete');
        left.push((record?.limits ?? []).map(({ remaining }) => remaining));
      }
      const [[tokens = 0, input = 0] = []] = left;
      assert.deepEqual(
        left,
        [0, 1, 2].map((call) => [tokens - 30 * call, input - 10 * call]),
      );
    },
  );
  await scene('limits: [{ name: o, per: [key], outputTokens: 100/1h }]', async (house, key) => {
    const ask = async () => {
      const answer = await say(house, key);
      await settled(house);
      return answer;
    };
    // 50 are held and 20 used: the fourth would hold 50 of 40.
    assert.deepEqual(await statusesOf(4, ask), [200, 200, 200, 429]);
  });
});

test('by end user, session, tool and expression; only what a condition is true for', async () => {
  const one = (per: string, more = '') =>
    `limits: [{ name: l, per: [${per}], requests: 1/1h${more} }]`;
  await scene(one('end-user'), async (house, key) => {
    const as = (name: string) => () => say(house, key, { 'x-llmproxy-end-user': name });
    assert.deepEqual(await statusesOf(2, as('ann')), [200, 429]);
    assert.deepEqual(await statusesOf(1, as('ben')), [200]);
  });
  await scene(one('session'), async (house, key) => {
    const as = (name: string) => () => say(house, key, { 'x-llmproxy-session': name });
    assert.deepEqual(await statusesOf(2, as('s1')), [200, 429]);
    assert.deepEqual(await statusesOf(1, as('s2')), [200]);
  });
  const tools = (name: string) => ({
    tools: [{ type: 'function', function: { name, parameters: { type: 'object' } } }],
  });
  await scene(one('tool'), async (house, key) => {
    const offering = (name: string) => () => say(house, key, {}, tools(name));
    assert.deepEqual(await statusesOf(2, offering('search')), [200, 429]);
    assert.deepEqual(await statusesOf(1, offering('read')), [200]);
    assert.deepEqual(await statusesOf(2, () => say(house, key)), [200, 200]);
  });
  await scene(one('"cel: call.choices > 1"'), async (house, key) => {
    const asking = (choices: number) => () => say(house, key, {}, { n: choices });
    assert.deepEqual(await statusesOf(2, asking(2)), [200, 429]);
    assert.deepEqual(await statusesOf(1, asking(1)), [200]);
  });
  await scene(one('key', ', when: "call.isStreamed"'), async (house, key) => {
    assert.deepEqual(await statusesOf(2, () => say(house, key)), [200, 200]);
  });
  await scene(one('ip', ', networks: ["10.0.0.0/8"]'), async (house, key) => {
    assert.deepEqual(await statusesOf(2, () => say(house, key)), [200, 200]);
  });
  await scene(one('ip', ', networks: ["127.0.0.0/8"]'), async (house, key) => {
    assert.deepEqual(await statusesOf(2, () => say(house, key)), [200, 429]);
  });
});

test('by tenant, team, user, key, service account, model, route, role and address, alone and together', async () => {
  const names = [
    'tenant',
    'team',
    'user',
    'key',
    'service-account',
    'model',
    'route',
    'role',
    'ip',
  ];
  const combined = [...names.map((name) => [name]), ['ip', 'model', 'role'], ['team', 'route']];
  // Each of them counts the calls that say its number.
  const limits = combined.map(
    (per, at) =>
      `{ name: l${at}, per: [${per.join(', ')}], requests: 2/1h, when: "call.maxOutputTokens == ${at + 1}" }`,
  );
  const tenants = `  - id: other
    roles: { guest: { allow: [{ actions: [chat, embeddings], models: ["*"] }] } }
    bindings: [{ role: guest, users: ["*"], keys: ["*"] }]
`;
  const open = await openMoneyHouse(`limits: [${limits.join(', ')}]`, using(1, 1), tenants);
  const { house } = open;
  try {
    const shared = { team: 'red', user: 'ann' };
    const first = await house.key(shared);
    const asking =
      (key: string, { path = 'chat/completions', model = 'demo' } = {}) =>
      async (at: number): Promise<number> => {
        const body =
          path === 'responses'
            ? { model, input: 'x', max_output_tokens: at + 1 }
            : chat('x', { model, max_tokens: at + 1 });
        return (await post(`${house.url}/v1/${path}`, body, bearer(key))).status;
      };
    const own = asking(first);
    /** What calls alike but for the dimensions that are named. */
    const others = [
      [
        ['tenant', 'team', 'user', 'key', 'service-account', 'role'],
        asking(await house.key({ ...shared, tenant: 'other' })),
      ],
      [['team', 'key'], asking(await house.key({ ...shared, team: 'blue' }))],
      [['user', 'key', 'service-account'], asking(await house.key({ ...shared, user: 'bob' }))],
      [['key'], asking(await house.key(shared))],
      [['model'], asking(first, { model: 'unpriced' })],
      [['route'], asking(first, { path: 'responses' })],
    ] as const;
    for (const [at, per] of combined.entries()) {
      assert.deepEqual([await own(at), await own(at), await own(at)], [200, 200, 429], per.join());
      // Only these are the same for every tenant.
      const isShared = per.every((name) => ['ip', 'model', 'route'].includes(name));
      for (const [differs, ask] of others) {
        const names: readonly string[] = differs;
        const isOther =
          per.some((name) => names.includes(name)) || (!isShared && names.includes('tenant'));
        assert.equal(await ask(at), isOther ? 200 : 429, `${per.join()} by ${names.join()}`);
      }
    }
  } finally {
    await open.close();
  }
});

const WORDS = 'a word of eight tokens or so, again and again ';
const delta = (type: string, more: object): string =>
  sse({ type, item_id: 'msg_1', output_index: 0, content_index: 0, ...more }, type);
/** As the Responses API begins. */
const BEGUN =
  delta('response.created', { response: { id: 'resp_1', status: 'in_progress', output: [] } }) +
  delta('response.output_item.added', {
    item: { id: 'msg_1', type: 'message', role: 'assistant', content: [] },
  }) +
  delta('response.content_part.added', { part: { type: 'output_text', text: '' } });

/** Says a word for ever, whatever bound it was sent. */
const endless: Script = async ({ path }, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  const isResponses = path.endsWith('/responses');
  if (isResponses) response.write(BEGUN);
  const word = isResponses ? delta('response.output_text.delta', { delta: WORDS }) : chunk(WORDS);
  for (let event = 0; event < 20_000 && !response.destroyed; event += 1) {
    response.write(word);
    if (event % 50 === 0) await delay(1);
  }
  response.end(chunk('', 'stop') + sse('[DONE]'));
};

test('a stream that runs past what is held for it ends as one that is too long, well formed', async () => {
  await scene(
    'budgets: [{ name: b, usd: 1 }]',
    async (house, key) => {
      const body = chat('go', { stream: true, max_tokens: 1_000 });
      const stream = await openStream(`${house.url}/v1/chat/completions`, body, bearer(key));
      assert.equal(await stream.over, 'end');
      const text = stream.text();
      assert.match(text, /"finish_reason":"length"/u);
      assert.ok(text.endsWith('data: [DONE]\n\n'));
      assert.ok(text.length < 400_000, `${text.length} characters came`);
      await settled(house);
      const [ended] = (await house.records()).filter(({ kind }) => kind === 'complete');
      assert.ok((ended?.usage?.costNanoUsd ?? 0) <= (ended?.reservation?.estimateNanoUsd ?? 0));
    },
    endless,
  );
});

test('in each dialect a stream that has spent what is held for it ends well formed, and says that it is cut', async () => {
  await scene(
    'budgets: [{ name: b, usd: 1 }]',
    async (house, key) => {
      for (const [path, body, said, last] of [
        [
          'responses',
          { model: 'demo', input: 'go', max_output_tokens: 200 },
          /"incomplete_details":\{"reason":"max_output_tokens"\}/u,
          /event: response\.incomplete\ndata: [^\n]+\n\n$/u,
        ],
        [
          'messages',
          { model: 'demo', max_tokens: 200, messages: [{ role: 'user', content: 'go' }] },
          /"stop_reason":"max_tokens"/u,
          /event: message_stop\ndata: \{"type":"message_stop"\}\n\n$/u,
        ],
      ] as const) {
        const url = `${house.url}/v1/${path}`;
        const stream = await openStream(url, { ...body, stream: true }, bearer(key));
        assert.equal(await stream.over, 'end', path);
        assert.match(stream.text(), said);
        assert.match(stream.text(), last);
        await settled(house);
        const ended = (await house.records()).findLast(({ kind }) => kind === 'complete');
        assert.ok((ended?.usage?.costNanoUsd ?? 0) <= (ended?.reservation?.estimateNanoUsd ?? 0));
      }
    },
    endless,
  );
});

test('each line of a budget is an alert, once', async () => {
  const lines = 'budgets: [{ name: b, usd: 0.0005, alertAt: [0.1, 0.5] }]';
  await scene(lines, async (house, key) => {
    const { world } = house.running;
    const told: number[] = [];
    world.counting.onCrossing(({ line }) => told.push(line));
    for (let call = 0; call < 6; call += 1) {
      await say(house, key);
      await settled(house);
    }
    assert.deepEqual(told, [50_000, 250_000]);
  });
});
