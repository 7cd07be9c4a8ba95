/** Runs from outside: minted with a key, spent to their caps, passed on to sub-agents, ended. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { sweepRuns } from '#admin/runs/run-service.ts';
import { PARENTS_MAX } from '#domain/key-scope.ts';
import { RUN_DEPTH_MAX } from '#domain/run.ts';

import { openAdmin } from '../support/admin.ts';
import { type Answer, bearer, chat, get, type House, openHouse, post } from '../support/house.ts';
import { costOf, moneyYaml, settled, usageOf, using, withMoneyHouse } from '../support/money.ts';
import { end, left, type Minted, mint } from '../support/runs.ts';
import { eventsOf, isErrorEvent, openStream } from '../support/streams.ts';
import { chunk, openUpstream, type Script, UPSTREAM_ENV } from '../support/upstream.ts';

const say = (house: House, token: string, body: object = {}): Promise<Answer> =>
  post(
    `${house.url}/v1/chat/completions`,
    chat('hello', { max_tokens: 100, ...body }),
    bearer(token),
  );

const codeOf = ({ json }: Answer): unknown => (json['error'] as { code?: unknown }).code;

const endless: Script = (_seen, response) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk('word '));
  const timer = setInterval(() => response.write(chunk('word ')), 50);
  response.on('close', () => clearInterval(timer));
};

test('a run is minted once with what it may spend, spends it, and is told what is left', async () => {
  await withMoneyHouse(using(10, 100), async ({ house }, key) => {
    const asked = await post(
      `${house.url}/v1/runs`,
      { usd: 0.0007, calls: 10, wallTime: '30m', name: 'nightly' },
      bearer(key),
    );
    assert.equal(asked.status, 201, asked.text);
    assert.equal(asked.headers.get('cache-control'), 'no-store');
    const run = asked.json as unknown as Minted;
    assert.match(run.id, /^run_[0-9A-Za-z]{12}$/u);
    assert.match(run.token, /^llmp_live_/u);
    const lifeMs = Date.parse(run.expiresAt) - Date.now();
    assert.ok(lifeMs > 29 * 60_000 && lifeMs <= 30 * 60_000);

    const statuses = [];
    for (let call = 0; call < 4; call += 1) {
      statuses.push((await say(house, run.token)).status);
      await settled(house);
    }
    assert.deepEqual(statuses, [200, 200, 429, 429]);
    const refused = await say(house, run.token);
    assert.equal(codeOf(refused), 'insufficient_quota');
    assert.equal(refused.headers.get('x-should-retry'), 'false');
    const told = await left(house, run.id, run.token);
    assert.equal(told['state'], 'live');
    assert.deepEqual(told['spent'], { usd: (2 * costOf(10, 100)) / 1e9, calls: 2 });
    assert.deepEqual(told['left'], { usd: 0.0007 - 0.00042, calls: 8 });
    assert.equal(told['token'], undefined, 'the token is told once');

    const records = await house.records();
    assert.ok(records.some(({ reason }) => reason === 'budget-exhausted: run'));
    const id = run.id.slice(4);
    assert.equal(
      records.filter(({ kind, run: path }) => kind === 'admit' && path === id).length,
      2,
    );
    // In records and bills it is its key's, and the path says which run it was.
    const ends = records.filter(({ kind, run: path }) => kind === 'complete' && path === id);
    assert.ok(ends.some(({ usage }) => usage !== undefined));
    assert.ok(ends.every((one) => one.key === key.split('_')[2]));
    const usage = await usageOf(house);
    assert.deepEqual(new Set(usage.map((row) => row.key)), new Set([key.split('_')[2]]));
    const minted = records.find(({ action }) => action === 'run.mint');
    assert.equal(minted?.resource, `run/${run.id}`);
    assert.match(JSON.stringify(minted), /"user":"key:[0-9A-Za-z]{12}"/u);
    assert.doesNotMatch(JSON.stringify(records), /nightly/u);
  });
});

test('calls are counted exactly, what is no call is none of them, and no refill comes', async () => {
  await withMoneyHouse(using(1, 1), async ({ house }, key) => {
    const run = await mint(house, key, { calls: 3 });
    for (let read = 0; read < 5; read += 1) {
      assert.equal((await get(`${house.url}/v1/models`, bearer(run.token))).status, 200);
      await left(house, run.id, run.token);
    }
    const answers = await Promise.all(Array.from({ length: 12 }, () => say(house, run.token)));
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    assert.deepEqual(statuses, [200, 200, 200, ...Array.from({ length: 9 }, () => 429)]);
    await settled(house);
    const records = await house.records();
    assert.equal(
      records.filter(({ reason }) => reason === 'budget-exhausted: run-calls').length,
      9,
    );
    assert.deepEqual((await left(house, run.id, key))['left'], { usd: null, calls: 0 });
  });
});

test('a sub-run spends what is above it, and is no deeper than it may be', async () => {
  await withMoneyHouse(using(1, 1), async ({ house }, key) => {
    const outer = await mint(house, key, { calls: 3, depth: 1 });
    const inner = await mint(house, outer.token, { calls: 2 });
    assert.equal((await say(house, inner.token)).status, 200);
    assert.equal((await say(house, inner.token)).status, 200);
    assert.equal((await say(house, inner.token)).status, 429, 'its own cap');
    assert.equal((await say(house, outer.token)).status, 200);
    assert.equal((await say(house, outer.token)).status, 429, 'what its sub-run made counts');
    await settled(house);
    const spent = { usd: (3 * costOf(1, 1)) / 1e9, calls: 3 };
    assert.deepEqual((await left(house, outer.id, outer.token))['spent'], spent);
    const path = `${outer.id.slice(4)}/${inner.id.slice(4)}`;
    const records = await house.records();
    assert.equal(records.filter(({ kind, run }) => kind === 'admit' && run === path).length, 2);

    const deeper = await post(`${house.url}/v1/runs`, { wallTime: '1m' }, bearer(inner.token));
    assert.equal(deeper.status, 403);
    assert.equal(codeOf(deeper), 'policy_denied');
    const denied = (await house.records()).find(
      ({ route, kind }) => route === 'run-mint' && kind === 'deny',
    );
    assert.equal(denied?.reason, 'run-forbidden: depth');
  });
});

test('limits by run count an agent and its sub-agents as one', async () => {
  const limits = 'limits: [{ name: per-run, per: [run], requests: 4/1h, burst: 4 }]';
  await withMoneyHouse(
    using(1, 1),
    async ({ house }, key) => {
      const outer = await mint(house, key, { depth: 1 });
      const inner = await mint(house, outer.token);
      const statuses = [];
      for (const { token } of [inner, outer, inner, inner, outer]) {
        statuses.push((await say(house, token)).status);
      }
      // The request that has minted the inner one was the first of the four.
      assert.deepEqual(statuses, [200, 200, 200, 429, 429]);
      const other = await mint(house, key);
      assert.equal((await say(house, other.token)).status, 200);
    },
    limits,
  );
});

test('a budget by run is one for an agent and its sub-agents, and each run has its own', async () => {
  // Two calls of 10 and 100 tokens fit, and what a third could cost does not.
  const budgets = 'budgets: [{ name: per-run, per: [run], usd: 0.0007 }]';
  await withMoneyHouse(
    using(10, 100),
    async ({ house }, key) => {
      const outer = await mint(house, key, { depth: 1 });
      const inner = await mint(house, outer.token);
      const statuses = [];
      for (const { token } of [inner, outer, inner, outer]) {
        statuses.push((await say(house, token)).status);
        await settled(house);
      }
      assert.deepEqual(statuses, [200, 200, 429, 429]);
      const refused = (await house.records()).filter(
        ({ reason }) => reason === 'budget-exhausted: per-run',
      );
      assert.equal(refused.length, 2);
      const other = await mint(house, key);
      assert.equal((await say(house, other.token)).status, 200, 'another run has all of it');
    },
    budgets,
  );
});

test('what a run leaves out it has from above, and what would be wider is refused by its field', async () => {
  await withMoneyHouse(using(1, 1), async ({ house, upstream }, key) => {
    const outer = await mint(house, key, {
      usd: 1,
      calls: 10,
      depth: 2,
      tools: ['read_*'],
      models: ['demo'],
    });
    const wider: readonly (readonly [field: string, body: object])[] = [
      ['usd', { usd: 2 }],
      ['calls', { calls: 11 }],
      ['depth', { depth: 2 }],
      ['tools', { tools: ['write_file'] }],
      ['models', { models: ['claude'] }],
      ['wallTime', { wallTime: '25h' }],
      ['wallTime', { wallTime: undefined }],
      ['usd', { usd: 0 }],
      ['calls', { calls: 1.5 }],
      ['depth', { depth: 9 }],
      ['body', { token: 'mine' }],
    ];
    for (const [field, body] of wider) {
      const asked = { wallTime: '1m', ...body };
      const told = await post(`${house.url}/v1/runs`, asked, bearer(outer.token));
      assert.equal(told.status, 400, field);
      assert.equal((told.json['error'] as { param?: string }).param, field, told.text);
    }
    // Longer than what is above it: it ends with it.
    const inner = await mint(house, outer.token, { wallTime: '24h' });
    assert.equal(inner.expiresAt, outer.expiresAt);
    const tool = (name: string) => ({ type: 'function', function: { name, parameters: {} } });
    assert.equal((await say(house, inner.token, { tools: [tool('read_file')] })).status, 200);
    assert.equal((await say(house, inner.token, { tools: [tool('write_file')] })).status, 403);
    assert.equal((await say(house, inner.token, { model: 'claude' })).status, 404);
    assert.equal((await say(house, key, { tools: [tool('write_file')] })).status, 200);
    assert.equal(upstream.seen.length, 2);
  });
});

test('a model without a price is refused where a run counts money, and not where it counts calls', async () => {
  await withMoneyHouse(using(1, 1), async ({ house }, key) => {
    const money = await mint(house, key, { usd: 1 });
    assert.equal((await say(house, money.token, { model: 'unpriced' })).status, 403);
    const calls = await mint(house, key, { calls: 1 });
    assert.equal((await say(house, calls.token, { model: 'unpriced' })).status, 200);
    const denied = (await house.records()).filter(({ kind }) => kind === 'deny');
    assert.deepEqual(
      denied.map(({ reason }) => reason),
      ['price-unknown: run'],
    );
  });
});

test('the end of its time refuses calls and ends streams', async () => {
  await withMoneyHouse(endless, async ({ house }, key) => {
    const run = await mint(house, key, { wallTime: '2s' });
    const url = `${house.url}/v1/chat/completions`;
    const stream = await openStream(url, chat('x', { stream: true }), bearer(run.token));
    const staying = await openStream(url, chat('x', { stream: true }), bearer(key));
    const isOver = await Promise.race([stream.over.then(() => true), delay(7_000, false)]);
    assert.equal(isOver, true, 'the stream ends');
    assert.ok(Date.now() >= Date.parse(run.expiresAt));
    const events = eventsOf(stream.text());
    assert.ok(isErrorEvent(events.at(-1)) && !events.includes('[DONE]'));
    assert.equal((await say(house, run.token)).status, 401);
    const before = staying.text().length;
    await delay(200);
    assert.ok(staying.text().length > before, 'what is no run goes on');
    staying.abort();
    await settled(house);
    assert.equal((await left(house, run.id, key))['state'], 'over');
  });
});

test('ending a run ends its streams and those of its sub-runs, and its key goes on', async () => {
  await withMoneyHouse(endless, async ({ house }, key) => {
    const outer = await mint(house, key, { depth: 1 });
    const inner = await mint(house, outer.token);
    const other = await mint(house, key);
    const url = `${house.url}/v1/chat/completions`;
    const begin = (token: string) => openStream(url, chat('x', { stream: true }), bearer(token));
    const ending = [await begin(outer.token), await begin(inner.token)];
    const staying = [await begin(other.token), await begin(key)];
    const ended = await end(house, outer.id, key);
    assert.equal(ended.status, 200);
    assert.equal(ended.json['state'], 'ended');
    const over = Promise.all(ending.map((stream) => stream.over)).then(() => true);
    assert.equal(await Promise.race([over, delay(5_000, false)]), true, 'they end');
    for (const { token } of [outer, inner]) assert.equal((await say(house, token)).status, 401);
    assert.equal((await left(house, inner.id, key))['state'], 'ended');
    const before = staying.map((stream) => stream.text().length);
    await delay(200);
    for (const [index, stream] of staying.entries()) {
      assert.ok(stream.text().length > (before[index] ?? 0), 'the others go on');
      stream.abort();
    }
    // Once more changes nothing, and is no second record.
    assert.equal((await end(house, outer.id, key)).status, 200);
    await settled(house);
    const ends = (await house.records()).filter(({ action }) => action === 'run.end');
    assert.equal(ends.length, 1);
  });
});

test('a restart keeps what was spent and what was called', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-runs-'));
  const upstream = await openUpstream(using(10, 100));
  const yaml = moneyYaml(upstream, '');
  const statuses: Record<'calls' | 'usd', number[]> = { calls: [], usd: [] };
  let runs: { calls: Minted; usd: Minted } | null = null;
  try {
    for (let start = 0; start < 3; start += 1) {
      const house = await openHouse(yaml, UPSTREAM_ENV, dir);
      try {
        const key: string = runs === null ? await house.key() : '';
        runs ??= {
          calls: await mint(house, key, { calls: 3, depth: 1 }),
          usd: await mint(house, key, { usd: 0.0007 }),
        };
        for (let call = 0; call < 2; call += 1) {
          statuses.calls.push((await say(house, runs.calls.token)).status);
          statuses.usd.push((await say(house, runs.usd.token)).status);
          await settled(house);
        }
      } finally {
        await house.close();
      }
    }
    assert.deepEqual(statuses.calls, [200, 200, 200, 429, 429, 429]);
    assert.deepEqual(statuses.usd, [200, 200, 429, 429, 429, 429]);
  } finally {
    await upstream.close();
    rmSync(dir, { recursive: true, force: true });
  }
});

test('runs are no keys in lists, administrators see and end them, and old ones are taken away', async () => {
  await withMoneyHouse(using(1, 1), async ({ house }, key) => {
    const admin = await openAdmin(house);
    const outer = await mint(house, key, { usd: 1, depth: 1, tools: ['read_*'] });
    const inner = await mint(house, outer.token);
    const keys = await admin.done('GET', 'keys');
    assert.equal((keys.body['items'] as unknown[]).length, 1);
    const id = outer.id.replace('run_', 'key_');
    assert.equal((await admin.ask('GET', `keys/${id}`)).status, 404);
    assert.equal((await admin.ask('POST', 'keys', { tenant: 'acme', parent: id })).status, 400);

    const listed = await admin.done('GET', 'runs?tenant=acme');
    const items = listed.body['items'] as Record<string, unknown>[];
    assert.deepEqual(new Set(items.map((one) => one['id'])), new Set([outer.id, inner.id]));
    const shown = items.find((one) => one['id'] === inner.id);
    assert.equal(shown?.['parent'], outer.id);
    assert.doesNotMatch(JSON.stringify(items), /llmp_|macHex/u);
    assert.equal((await say(house, inner.token)).status, 200);
    await house.running.world.counting.ledger.flush();
    const one = await admin.done('GET', `runs/${outer.id}`);
    assert.deepEqual([one.body['id'], one.body['state'], one.body['usd']], [outer.id, 'live', 1]);
    // What was spent under it is spent by it.
    assert.deepEqual([one.body['spentCalls'], one.body['spentUsd']], [1, costOf(1, 1) / 1e9]);
    assert.equal((await admin.ask('GET', `runs/${id}`)).status, 404, 'a key is no run');

    const ended = await admin.done('DELETE', `runs/${outer.id}`);
    assert.notEqual(ended.body['endedAt'], null);
    for (const { id: gone } of [outer, inner]) {
      assert.equal((await admin.done('GET', `runs/${gone}`)).body['state'], 'ended');
    }
    assert.equal((await say(house, inner.token)).status, 401);

    const { world } = house.running;
    const inTwoDays = { nowMs: () => Date.now() + 2 * 86_400_000, monotonicMs: () => 0 };
    assert.equal(await sweepRuns({ storage: world.storage, clock: world.clock }), 0);
    assert.equal(await sweepRuns({ storage: world.storage, clock: inTwoDays }), 2);
    assert.equal((await admin.done('GET', 'runs')).body['items']?.toString(), '');
    assert.equal((await say(house, key)).status, 200);
  });
});

test('the deepest chain that may be works to its last run, and ends from its first', async () => {
  await withMoneyHouse(using(1, 1), async ({ house }) => {
    let parent: string | null = null;
    let token = '';
    for (let above = 0; above <= PARENTS_MAX; above += 1) {
      token = await house.key({ parent });
      parent = token.split('_')[2] ?? '';
    }
    const runs: Minted[] = [];
    for (let depth = RUN_DEPTH_MAX; depth >= 0; depth -= 1) {
      const run = await mint(house, runs.at(-1)?.token ?? token, { calls: 100, depth });
      runs.push(run);
    }
    assert.equal(runs.length, 9);
    const [first, last] = [runs[0], runs.at(-1)];
    assert.ok(first !== undefined && last !== undefined);
    assert.equal((await say(house, last.token)).status, 200);
    await settled(house);
    for (const { id } of runs) {
      assert.deepEqual((await left(house, id, token))['left'], { usd: null, calls: 99 });
    }
    assert.equal((await end(house, first.id, token)).status, 200);
    await delay(100);
    for (const run of runs) assert.equal((await say(house, run.token)).status, 401);
  });
});
