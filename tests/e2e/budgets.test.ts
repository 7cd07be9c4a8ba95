/** Budgets from outside: they refuse in the vendors' words, bound answers, and outlive a restart. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { bearer, chat, type House, openHouse, post } from '../support/house.ts';
import {
  costOf,
  type MoneyHouse,
  moneyYaml,
  openMoneyHouse,
  settled,
  spentOf,
  usageOf,
  using,
} from '../support/money.ts';
import { openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const say = (house: House, key: string, body: object = {}) =>
  post(`${house.url}/v1/chat/completions`, { ...chat('hello', body) }, bearer(key));

async function scene(
  budgets: string,
  script: Parameters<typeof openMoneyHouse>[1],
  run: (scene: MoneyHouse, key: string) => Promise<void>,
) {
  const open = await openMoneyHouse(budgets, script);
  try {
    await run(open, await open.house.key());
  } finally {
    await open.close();
  }
}

const errorOf = (text: string): { type?: string; code?: string } =>
  (JSON.parse(text) as { error: { type?: string; code?: string } }).error;

test('a budget is used up to what fits, is refused in the words of each vendor, and the ledger has it exactly', async () => {
  // 10,000 tokens out at most, and about a hundred in: the fourth call could cost more than is left.
  const budgets = 'budgets: [{ name: b, per: [tenant], usd: 0.0615 }]';
  await scene(budgets, using(10, 10_000), async ({ house }, key) => {
    let answered = 0;
    let last = await say(house, key, { max_completion_tokens: 10_000 });
    while (last.status === 200) {
      answered += 1;
      assert.equal(last.headers.get('x-llmproxy-cost-usd'), '0.020010000');
      await settled(house);
      last = await say(house, key, { max_completion_tokens: 10_000 });
    }
    assert.equal(answered, 3);
    assert.equal(last.status, 429);
    assert.equal(errorOf(last.text).type, 'insufficient_quota');
    assert.equal(last.headers.get('x-should-retry'), 'false');
    assert.equal(last.headers.get('retry-after'), null);

    const body = {
      model: 'claude',
      max_tokens: 10_000,
      messages: [{ role: 'user', content: 'hi' }],
    };
    const claude = await post(`${house.url}/v1/messages`, body, { 'x-api-key': key });
    assert.equal(claude.status, 402);
    assert.equal(errorOf(claude.text).type, 'billing_error');

    assert.equal(await spentOf(house), 3 * costOf(10, 10_000));
    const records = await house.records();
    const refused = records.filter(({ reason }) => reason === 'budget-exhausted: b');
    assert.deepEqual(
      refused.map(({ status }) => status),
      [429, 402],
    );
    const ended = records.filter(({ kind, usage }) => kind === 'complete' && usage !== undefined);
    assert.equal(ended.length, 3);
    assert.ok(
      ended.every(({ reservation }) => (reservation?.estimateNanoUsd ?? 0) >= costOf(10, 10_000)),
    );
  });
});

test('without a budget the admission says what the call may cost: a crash in the middle of it is charged', async () => {
  await scene('', using(10, 5), async ({ house }, key) => {
    assert.equal((await say(house, key, { max_tokens: 100 })).status, 200);
    const admits = (await house.records()).filter(({ kind }) => kind === 'admit');
    assert.equal(admits.length, 1);
    const estimate = admits[0]?.reservation?.estimateNanoUsd ?? 0;
    assert.ok(estimate >= costOf(10, 100) && estimate < costOf(500, 100), String(estimate));
    assert.equal(await spentOf(house), costOf(10, 5), 'what ended costs what it used');
  });
});

test('an answer without a bound is given one, and the caller is told', async () => {
  const budgets = 'budgets: [{ name: b, usd: 1 }]';
  await scene(budgets, using(1, 1), async ({ house, upstream }, key) => {
    const answer = await say(house, key);
    assert.equal(answer.status, 200);
    assert.equal(answer.headers.get('x-llmproxy-max-output-tokens'), '4096');
    assert.equal(upstream.seen[0]?.json['max_completion_tokens'], 4_096);
    const legacy = await say(house, key, { max_tokens: 50 });
    assert.equal(legacy.headers.get('x-llmproxy-max-output-tokens'), null);
    assert.equal(upstream.seen[1]?.json['max_tokens'], 50);
    assert.equal(upstream.seen[1]?.json['max_completion_tokens'], undefined);
  });
});

test('clamp: a call that does not fit gets as long an answer as is paid for, and nothing gets none', async () => {
  const budgets = 'budgets: [{ name: b, usd: 0.01, onExceeded: clamp }]';
  await scene(budgets, using(10, 3_000), async ({ house, upstream }, key) => {
    const first = await say(house, key, { max_tokens: 100_000 });
    assert.equal(first.status, 200, first.text);
    const bound = Number(upstream.seen[0]?.json['max_tokens']);
    assert.ok(bound > 4_500 && bound < 5_000, `bounded to ${bound}`);
    assert.equal(first.headers.get('x-llmproxy-max-output-tokens'), String(bound));
    await settled(house);
    const second = await say(house, key, { max_tokens: 100_000 });
    assert.equal(second.status, 200);
    assert.ok(Number(upstream.seen[1]?.json['max_tokens']) < 2_000);
    await settled(house);
    upstream.script = using(1, 1);
    const statuses = [];
    for (let call = 0; call < 3; call += 1) statuses.push((await say(house, key)).status);
    assert.deepEqual(new Set(statuses), new Set([429]));
    assert.ok((await spentOf(house)) <= 10_000_000);
  });
});

test('BUD-07: what has no price, or no bound, is refused where a budget holds, and not elsewhere', async () => {
  const budgets = 'budgets: [{ name: b, usd: 1, tenants: [acme] }]';
  await scene(budgets, using(1, 1), async ({ house, upstream }, key) => {
    const refused = await say(house, key, { model: 'unpriced' });
    assert.equal(refused.status, 403);
    assert.equal(upstream.seen.length, 0);
    const [decision] = (await house.records()).filter(({ kind }) => kind === 'deny');
    assert.equal(decision?.reason, 'price-unknown: b');
  });
  await scene(
    'budgets: [{ name: b, usd: 1, onExceeded: alert }]',
    using(1, 1),
    async ({ house }, key) => {
      assert.equal((await say(house, key, { model: 'unpriced' })).status, 200);
    },
  );
});

test('BUD-07: where the operator has set a ceiling, what nobody knows the price of is held and charged at it', async () => {
  const budgets =
    'budgets: [{ name: b, usd: 1 }]\nprices: { unknown: { inputPerMTok: 100, outputPerMTok: 400 } }';
  await scene(budgets, using(10, 20), async ({ house }, key) => {
    assert.equal((await say(house, key, { model: 'unpriced', max_tokens: 3_000 })).status, 429);
    assert.equal((await say(house, key, { model: 'unpriced', max_tokens: 2_000 })).status, 200);
    await settled(house);
    const [row] = await usageOf(house);
    assert.deepEqual(
      [row?.costNanoUsd, row?.priceVersion],
      [10 * 100_000 + 20 * 400_000, 'ceiling'],
    );
  });
});

test('BUD-07: hostile usage never lowers a charge below what was counted, and never overruns a budget', async () => {
  const budgets = 'budgets: [{ name: b, usd: 0.001 }]';
  const hostile = [0, -5, 1e308, '12', null, 2.5, { a: 1 }, 2 ** 53];
  for (const value of hostile) {
    const usage = { prompt_tokens: value, completion_tokens: value, total_tokens: value };
    const { json, completion } = await import('../support/upstream.ts');
    await scene(
      budgets,
      (_seen, response) => json(response, 200, completion('a few words', { usage })),
      async ({ house }, key) => {
        const answer = await say(house, key, { max_tokens: 100 });
        assert.ok(
          answer.status === 200 || answer.status === 502,
          `${answer.status} for ${String(value)}`,
        );
        await settled(house);
        const spent = await spentOf(house);
        assert.ok(
          Number.isSafeInteger(spent) && spent <= 1_000_000,
          `${spent} for ${String(value)}`,
        );
        if (answer.status === 200)
          assert.ok(spent >= costOf(2, 1), `${spent} for ${String(value)}`);
      },
    );
  }
});

test('BUD-09: whom a caller says that it calls for moves no cost', async () => {
  const budgets = 'budgets: [{ name: b, per: [user], usd: 0.001 }]';
  await scene(budgets, using(10, 100), async ({ house }, key) => {
    const headers = (name: string) => ({ ...bearer(key), 'x-llmproxy-end-user': name });
    const ask = (name: string) =>
      post(
        `${house.url}/v1/chat/completions`,
        { ...chat('hi', { max_tokens: 100 }), user: name },
        headers(name),
      );
    const statuses = [];
    for (let call = 0; call < 6; call += 1) {
      statuses.push((await ask(`somebody-${call}`)).status);
      await settled(house);
    }
    assert.deepEqual(statuses.slice(-2), [429, 429]);
    const users = new Set((await usageOf(house)).map(({ user }) => user));
    assert.deepEqual(users, new Set(['alice']));
  });
});

test('what was spent outlives a restart, and so does what a period has left', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-budget-'));
  const upstream = await openUpstream(using(10, 100));
  const yaml = moneyYaml(upstream, 'budgets: [{ name: b, usd: 0.0007 }]');
  let key = '';
  const statuses: number[] = [];
  try {
    for (let start = 0; start < 3; start += 1) {
      const house = await openHouse(yaml, UPSTREAM_ENV, dir);
      try {
        if (key === '') key = await house.key();
        for (let call = 0; call < 2; call += 1) {
          statuses.push((await say(house, key, { max_tokens: 100 })).status);
          await settled(house);
        }
        assert.equal(
          await spentOf(house),
          costOf(10, 100) * statuses.filter((one) => one === 200).length,
        );
      } finally {
        await house.close();
      }
    }
    assert.deepEqual(statuses, [200, 200, 429, 429, 429, 429]);
  } finally {
    await upstream.close();
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a budget that is written later counts what was spent before it', async () => {
  await scene('', using(10, 1_000), async ({ house, upstream }, key) => {
    assert.equal((await say(house, key, { max_tokens: 1_000 })).status, 200);
    await settled(house);
    const applied = await house.apply(moneyYaml(upstream, 'budgets: [{ name: b, usd: 0.002 }]'));
    assert.deepEqual(applied, { applied: true, problems: [] });
    assert.equal((await say(house, key, { max_tokens: 10 })).status, 429);
  });
});

test('clamp: of budgets that lie in each other the answer is as long as the least of them pays for', async () => {
  const budgets = [0.05, 0.01, 0.02].map(
    (usd, at) =>
      `{ name: b${at}, per: [${['tenant', 'user', 'key'][at]}], usd: ${usd}, onExceeded: clamp }`,
  );
  await scene(
    `budgets: [${budgets.join(', ')}]`,
    using(10, 10),
    async ({ house, upstream }, key) => {
      const body = { max_tokens: 100_000, stream: false };
      assert.equal((await say(house, key, body)).status, 200);
      const bound = Number(upstream.seen[0]?.json['max_tokens']);
      assert.ok(bound > 4_500 && bound < 5_000, `bounded to ${bound}`);
      await settled(house);
      assert.equal(await spentOf(house), costOf(10, 10));
    },
  );
});

test('clamp binds both names of the bound: a server may obey either', async () => {
  const budgets = 'budgets: [{ name: b, usd: 0.01, onExceeded: clamp }]';
  await scene(budgets, using(10, 10), async ({ house, upstream }, key) => {
    const both = { max_tokens: 100_000, max_completion_tokens: 100_000 };
    assert.equal((await say(house, key, both)).status, 200);
    const sent = upstream.seen[0]?.json;
    assert.ok(Number(sent?.['max_tokens']) < 5_000);
    assert.equal(sent?.['max_completion_tokens'], sent?.['max_tokens']);
  });
});

test('what costs more than the list says, by the choice of its caller, is refused where a budget holds', async () => {
  await scene('budgets: [{ name: b, usd: 1 }]', using(10, 10), async ({ house, upstream }, key) => {
    for (const dearer of [{ service_tier: 'priority' }, { service_tier: 'auto' }]) {
      const answer = await say(house, key, dearer);
      assert.equal(answer.status, 403, JSON.stringify(dearer));
    }
    assert.equal(upstream.seen.length, 0);
    assert.equal((await say(house, key, { service_tier: 'default' })).status, 200);
  });
});
