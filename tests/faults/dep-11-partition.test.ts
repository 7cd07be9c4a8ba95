/**
 * DEP-11: two gateways, and the network between one of them and both stores is cut. The one that is cut
 * off lets no call through under a hard budget that was not held in the store; the other goes on; when
 * the way is whole again both are one, and nothing was spent twice or lost.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { moneyOf, slotOf } from '#policy/limiters/counter-store.contract.ts';

import { openInstance, Truth } from '../support/counting-instance.ts';
import { BASE, bearer, chat, type House, openHouse, TENANT } from '../support/house.ts';
import { costOf } from '../support/money.ts';
import { openWay, through } from '../support/partition.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually, sleep } from '../support/programs.ts';
import { providerOf } from '../support/stateful-upstream.ts';
import { openStream } from '../support/streams.ts';
import {
  chunk,
  completion,
  json,
  openUpstream,
  type Script,
  sse,
  UPSTREAM_ENV,
} from '../support/upstream.ts';
import { openTestValkey } from '../support/valkey.ts';

const [postgres, valkey] = [await openTestPostgres(), await openTestValkey()];
after(async () => {
  await valkey.close();
  await postgres.close();
});

/** A step has so long; a gateway that was not answered in it lets nothing through. */
const DEADLINE_MS = 250;
/** Five steps or beats in a row that are late, and a beat comes every half second. */
const KNOWN_MS = 5 * 500 + DEADLINE_MS;
const CUT_MS = 4_000;
/** From the way being whole to calls: a probe a second, a connection that is made anew, a pause of an epoch at most. */
const BACK_MS = 6_000;
const [INPUT, OUTPUT] = [20, 100];
const CALLS = 400;
const LIMIT_NANO = CALLS * costOf(INPUT, OUTPUT);
const FREE = 'free';

interface Seen {
  readonly startMs: number;
  readonly ms: number;
  readonly status: number;
  readonly text: string;
}

/** Asks again and again, and keeps what it saw. */
class Client {
  readonly seen: Seen[] = [];
  isOver = false;
  readonly #url: string;
  readonly #key: string;

  readonly #maxTokens: number;

  constructor({ url }: House, key: string, maxTokens = OUTPUT) {
    this.#maxTokens = maxTokens;
    this.#url = `${url}/v1/chat/completions`;
    this.#key = key;
  }

  async run(): Promise<void> {
    while (!this.isOver) {
      const startMs = performance.now();
      const response = await fetch(this.#url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...bearer(this.#key) },
        body: JSON.stringify(chat('hello', { max_tokens: this.#maxTokens })),
      });
      const text = await response.text();
      const ms = performance.now() - startMs;
      this.seen.push({ startMs, ms, status: response.status, text });
      await sleep(30);
    }
  }

  /** Those that began in a time. */
  between(fromMs: number, toMs: number): readonly Seen[] {
    return this.seen.filter(({ startMs }) => startMs >= fromMs && startMs < toMs);
  }
}

const statusesOf = (seen: readonly Seen[]): readonly number[] =>
  [...new Set(seen.map(({ status }) => status))].toSorted((a, b) => a - b);

/** What the provider says that it has done for the tenant with the budget, whose calls have this bound. */
let truthNano = 0;
const usage = { prompt_tokens: INPUT, completion_tokens: OUTPUT, total_tokens: INPUT + OUTPUT };
const script: Script = async ({ json: body }, response) => {
  await sleep(10);
  if (body['max_tokens'] === OUTPUT) truthNano += costOf(INPUT, OUTPUT);
  if (body['stream'] !== true) return json(response, 200, completion('fine', { usage }));
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  response.write(chunk('begun '));
  // It ends while its gateway is cut off.
  await sleep(2_500);
  response.write(chunk('', 'stop'));
  response.write(sse({ id: 'c', object: 'chat.completion.chunk', model: 'm', choices: [], usage }));
  return void response.end('data: [DONE]\n\n');
};

const yamlOf = (provider: string): string => `
providers: { local: ${provider} }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards: []
counters: { type: valkey, url: "\${env:COUNTERS_URL}", password: "\${env:COUNTERS_PASSWORD}", namespace: dep11, deadline: ${DEADLINE_MS}ms }
ledger: { type: postgres, url: "\${env:LEDGER_URL}" }
budgets: [{ name: b, per: [tenant], usd: ${LIMIT_NANO / 1e9}, period: year, tenants: [${TENANT}] }]
limits: [{ name: rate, per: [tenant], requests: 100000/1h }]
${BASE}  - { id: ${FREE}, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
`;

test('DEP-11: who is cut off lets nothing through under a hard budget, the other goes on, and the sums are one', async (t) => {
  truthNano = 0;
  const upstream = await openUpstream(script);
  const database = await postgres.database();
  const counters = valkey.address;
  const ways = [
    await openWay(Number(new URL(counters).port)),
    await openWay(Number(new URL(database).port)),
  ];
  const [toCounters, toLedger] = ways;
  assert.ok(toCounters !== undefined && toLedger !== undefined);
  const env = { ...UPSTREAM_ENV, COUNTERS_PASSWORD: valkey.password };
  const yaml = yamlOf(providerOf('openai', upstream));
  const whole = await openHouse(yaml, { ...env, COUNTERS_URL: counters, LEDGER_URL: database });
  const cutOff = await openHouse(yaml, {
    ...env,
    COUNTERS_URL: through(counters, toCounters),
    LEDGER_URL: through(database, toLedger),
  });
  try {
    const atCut = new Client(cutOff, await cutOff.key());
    const atWhole = new Client(whole, await whole.key());
    const free = new Client(cutOff, await cutOff.key({ tenant: FREE }), OUTPUT + 1);
    const clients = [atCut, atWhole, free];
    const running = Promise.all(clients.map((client) => client.run()));
    // Where something else fails, that is what is told, and not that gateways are gone.
    running.catch(() => {});
    // The last may still be on its way when the way is cut.
    await eventually(() => assert.ok(atCut.between(0, performance.now()).length > 7), 20_000);
    const stream = await openStream(
      `${cutOff.url}/v1/chat/completions`,
      chat('long', { max_tokens: OUTPUT, stream: true }),
      bearer(await cutOff.key()),
    );
    assert.equal(stream.status, 200);

    const cutMs = performance.now();
    for (const way of ways) way.cut('both');
    await sleep(CUT_MS);
    assert.equal(await stream.over, 'end', 'a call that was let in before goes on to its end');
    const healMs = performance.now();
    for (const way of ways) way.heal();
    await sleep(BACK_MS);
    const endMs = performance.now();

    const before = atCut.between(0, cutMs).slice(0, -1);
    assert.ok(before.length > 5);
    assert.deepEqual(statusesOf(before), [200]);
    const during = atCut.between(cutMs, healMs);
    assert.ok(during.length > 5, 'there was something to refuse');
    assert.deepEqual(
      statusesOf(during),
      [503],
      'from the first call on, not from when it is known',
    );
    for (const { text } of during) assert.match(text, /limits_unavailable/u);
    const later = during.filter(({ startMs }) => startMs > cutMs + KNOWN_MS).map(({ ms }) => ms);
    assert.ok(later.length > 5);
    const half = later.toSorted((a, b) => a - b)[Math.floor(later.length / 2)] ?? Infinity;
    assert.ok(half < DEADLINE_MS / 2, 'once it is known nobody waits');
    assert.deepEqual(statusesOf(atWhole.between(0, healMs)), [200], 'the other one goes on');
    assert.ok(atWhole.between(cutMs + DEADLINE_MS, healMs).length > 20);
    assert.deepEqual(statusesOf(free.between(0, endMs)), [200], 'who has no hard budget goes on');
    const back = atCut.between(healMs, endMs).find(({ status }) => status === 200);
    assert.ok(back !== undefined, 'and it is back');

    // Until nothing fits any more.
    await eventually(() => assert.equal(atCut.seen.at(-1)?.status, 429), 30_000);
    await eventually(() => assert.equal(atWhole.seen.at(-1)?.status, 429), 30_000);
    for (const client of clients) client.isOver = true;
    await running;
    const { kept } = whole.running.world.counting;
    const all = { fromMs: 0, toMs: 4e12, where: { tenant: TENANT }, models: null };
    await eventually(async () => assert.equal(await kept.spent(all), truthNano));
    t.diagnostic(
      `cut off for ${Math.round(healMs - cutMs)} ms: ${during.length} refused there, ${atWhole.between(cutMs, healMs).length} answered by the other; back after ${Math.round((back?.startMs ?? 0) - healMs)} ms; ${truthNano} of ${LIMIT_NANO} spent`,
    );
    assert.ok(truthNano <= LIMIT_NANO, 'never more than the limit');
    assert.ok(truthNano > LIMIT_NANO * 0.9, 'nor was anything of it lost');
  } finally {
    for (const way of ways) way.heal();
    await cutOff.close();
    await whole.close();
    for (const way of ways) await way.close();
    await upstream.close();
  }
});

test('DEP-11: a store that hears and is not heard holds nothing for calls that nobody made', async () => {
  const truth = new Truth();
  const way = await openWay(Number(new URL(valkey.url).port));
  const section = { type: 'valkey', namespace: 'oneway', deadline: `${DEADLINE_MS}ms` };
  const one = await openInstance({ ...section, url: through(valkey.url, way) }, truth);
  const two = await openInstance({ ...section, url: valkey.url }, truth);
  try {
    const money = [moneyOf('m', 1_000, 100), slotOf('s', 50)];
    const running = await one.ask('running', money);
    assert.ok(typeof running === 'object');
    const heard = way.sentBytes();
    way.cut('answers');
    for (let call = 0; call < 7; call += 1) {
      assert.equal(await one.ask(`lost${call}`, money), 'limits-unavailable');
    }
    assert.ok(way.sentBytes() > heard, 'the store was asked');
    // Seven of them may be held there now, and one runs: two more would fit, or nine.
    assert.ok(typeof (await two.ask('other', money)) === 'object', 'the other goes on');
    way.heal();
    await eventually(() => assert.ok(one.shared.isUp), BACK_MS);
    await eventually(async () => {
      const asked = await two.ask(`left${Math.random()}`, [
        moneyOf('m', 1_000, 0),
        slotOf('s', 50),
      ]);
      assert.ok(typeof asked === 'object');
      const [left, slots] = asked.remaining.map(({ remaining }) => remaining);
      asked.settle({ requests: 0, inputTokens: 0, outputTokens: 0, bytes: 0, nanoUsd: 0 });
      assert.deepEqual([left, slots], [1_000 - 200, 50 - 3], 'what runs, the other, and this one');
    });
  } finally {
    way.heal();
    await one.close();
    await two.close();
    await way.close();
  }
});
