/**
 * BUD-03 and BUD-05: however a call ends, its reservation ends once, and it is billed for what was
 * produced. A provider that says what it produced keeps the other side of the books.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { Fault } from '#domain/fault.ts';

import { type Answer, BASE, bearer, chat, type House, openHouse, post } from '../support/house.ts';
import {
  costOf,
  type MoneyHouse,
  openMoneyHouse,
  settled,
  spentOf,
  usageOf,
  using,
} from '../support/money.ts';
import { providerOf } from '../support/stateful-upstream.ts';
import { openStream } from '../support/streams.ts';
import {
  chunk,
  completion,
  json,
  openUpstream,
  type Script,
  sse,
  type Upstream,
  UPSTREAM_ENV,
} from '../support/upstream.ts';

const INPUT = 3;
const EVENTS = 12;
/** Four characters: what we count as one token where the provider does not come to say. */
const WORD = 'word';
const BUDGET = `budgets: [{ name: b, usd: 100 }]
limits: [{ name: parallel, per: [tenant], concurrency: 100 }]`;

const usageChunk = (output: number): string =>
  sse({
    id: 'c',
    object: 'chat.completion.chunk',
    created: 1,
    model: 'm',
    choices: [],
    usage: { prompt_tokens: INPUT, completion_tokens: output, total_tokens: INPUT + output },
  });

/** Says how far it came with each answer: the truth that bills are held against. */
class Truth {
  sent = 0;

  async stream(response: ServerResponse, pauseMs: number): Promise<void> {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    this.sent = 0;
    for (let event = 0; event < EVENTS; event += 1) {
      if (response.destroyed) return;
      response.write(chunk(WORD));
      this.sent += 1;
      await delay(pauseMs);
    }
    response.write(chunk('', 'stop'));
    response.end(usageChunk(EVENTS) + sse('[DONE]'));
  }
}

async function scene(script: Script, run: (open: MoneyHouse, key: string) => Promise<void>) {
  const open = await openMoneyHouse(BUDGET, script);
  try {
    await run(open, await open.house.key());
  } finally {
    await open.close();
  }
}

const eventsIn = (text: string): number => text.split(`"${WORD}"`).length - 1;

test('BUD-05: a caller that leaves after any event is billed for what was produced, within one event', async () => {
  const truth = new Truth();
  await scene(
    (_seen, response) => truth.stream(response, 15),
    async ({ house }, key) => {
      let billed = 0;
      for (let leaveAfter = 1; leaveAfter <= EVENTS; leaveAfter += 1) {
        const stream = await openStream(
          `${house.url}/v1/chat/completions`,
          chat('x', { stream: true, max_tokens: 100 }),
          bearer(key),
        );
        for (let turn = 0; turn < 400 && eventsIn(stream.text()) < leaveAfter; turn += 1) {
          await delay(2);
        }
        const seen = eventsIn(stream.text());
        stream.abort();
        await settled(house);
        const all = (await usageOf(house)).reduce((sum, row) => sum + row.outputTokens, 0);
        const output = all - billed;
        billed = all;
        assert.ok(output >= seen - 1, `billed ${output} after ${seen} were seen`);
        assert.ok(output <= truth.sent + 1, `billed ${output}, and ${truth.sent} were sent`);
      }
      const rows = await usageOf(house);
      assert.equal(
        rows.reduce((sum, { requests }) => sum + requests, 0),
        EVENTS,
      );
      assert.ok(
        rows.every(({ costNanoUsd }) => costNanoUsd > 0),
        'nothing is unbilled',
      );
      assert.equal(house.running.world.limitStore.openCount, 0);
    },
  );
});

interface Ended {
  readonly name: string;
  readonly script: Script;
  readonly body?: object;
  /** What it costs; null: it is not known to the token, and is bounded. */
  readonly cost: number | null;
}

const ENDS: readonly Ended[] = [
  {
    name: 'an answer',
    script: (_seen, response) =>
      json(
        response,
        200,
        completion('fine', { usage: { prompt_tokens: 9, completion_tokens: 4 } }),
      ),
    cost: costOf(9, 4),
  },
  {
    name: 'a stream',
    script: (_seen, response) => new Truth().stream(response, 0),
    body: { stream: true },
    cost: costOf(INPUT, EVENTS),
  },
  {
    name: 'a refusal of the provider',
    script: (_seen, response) => json(response, 400, { error: { message: 'no' } }),
    cost: 0,
  },
  {
    name: 'a failure of the provider',
    script: (_seen, response) => json(response, 500, { error: { message: 'no' } }),
    cost: 0,
  },
  {
    name: 'garbage',
    script: (_seen, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('not json');
    },
    cost: null,
  },
  {
    name: 'a stream that is cut',
    script: async (_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(chunk(WORD) + chunk(WORD));
      await delay(30);
      response.destroy();
    },
    body: { stream: true },
    cost: null,
  },
  {
    name: 'a connection that is cut before the answer',
    script: (_seen, response) => void response.destroy(),
    cost: null,
  },
  {
    name: 'a call without a model',
    script: (_seen, response) => json(response, 200, {}),
    body: { model: 'no-such' },
    cost: 0,
  },
];

test('BUD-03: each way that a call can end, ends its reservation once, and is in the ledger once', async () => {
  for (const { name, script, body = {}, cost } of ENDS) {
    await scene(script, async ({ house }, key) => {
      await post(
        `${house.url}/v1/chat/completions`,
        chat('x', { max_tokens: 100, ...body }),
        bearer(key),
      );
      await settled(house);
      assert.equal(house.running.world.limitStore.openCount, 0, name);
      const rows = await usageOf(house);
      const spent = rows.reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
      // One that is cut is tried once more, and both may have been answered.
      if (cost === null) assert.ok(spent > 0 && spent < 2 * costOf(40, 100), `${name}: ${spent}`);
      else assert.equal(spent, cost, name);
      const admitted = (await house.records()).filter(({ kind }) => kind === 'admit');
      const requests = rows.reduce((sum, row) => sum + row.requests, 0);
      assert.equal(requests, admitted.length, `${name}: an end for each beginning`);
    });
  }
});

test('BUD-05: a whole answer that never comes is paid for as it was held: it may have been made', async () => {
  const slow: Script = async (_seen, response) => {
    await delay(5_000, undefined, { ref: false });
    response.destroy();
  };
  const dripping: Script = (_seen, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(' ');
  };
  for (const script of [slow, dripping]) {
    await scene(script, async ({ house }, key) => {
      const gone = new AbortController();
      const call = fetch(`${house.url}/v1/chat/completions`, {
        method: 'POST',
        signal: gone.signal,
        headers: { 'content-type': 'application/json', ...bearer(key) },
        body: JSON.stringify(chat('x', { max_tokens: 1_000 })),
      });
      await delay(150);
      gone.abort();
      await assert.rejects(call);
      await settled(house);
      const [row] = await usageOf(house);
      assert.equal(row?.outputTokens, 1_000);
      assert.ok((row?.costNanoUsd ?? 0) >= costOf(1, 1_000));
    });
  }
});

test('BUD-05: a call that we end ourselves, while its provider is at work, is paid for like one that its caller left', async () => {
  for (const code of ['call-shed', 'shutting-down'] as const) {
    let asked = 0;
    const silent: Script = () => void (asked += 1);
    await scene(silent, async ({ house }, key) => {
      const url = `${house.url}/v1/chat/completions`;
      const answering = post(url, chat('x', { max_tokens: 1_000 }), bearer(key));
      for (let turn = 0; turn < 200 && asked === 0; turn += 1) await delay(10);
      house.running.world.running.endWhere(() => true, new Fault(code, 'a test'));
      assert.equal((await answering).status, 503);
      await settled(house);
      const [row] = await usageOf(house);
      assert.equal(row?.outputTokens, 1_000, code);
      assert.ok((row?.costNanoUsd ?? 0) >= costOf(1, 1_000), code);
    });
  }
});

/** One model at two providers, the second where the first brings nothing. A call says `x` and no more than 1,000 tokens. */
async function fallingBack(
  [first, second]: readonly [string | Upstream, Upstream],
  usd: number,
  run: (house: House, ask: () => Promise<Answer>) => Promise<void>,
): Promise<void> {
  const one = typeof first === 'string' ? first : providerOf('openai', first);
  const house = await openHouse(
    `providers:
  one: ${one.replace(' }', ', timeouts: { connect: 150ms, firstByte: 150ms } }')}
  two: ${providerOf('openai', second)}
models:
  demo: { deployments: [{ provider: one, model: m, weight: 1 }, { provider: two, model: m, weight: 0 }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards: []
budgets: [{ name: b, usd: ${usd} }]
${BASE}`,
    UPSTREAM_ENV,
  );
  try {
    const key = await house.key();
    await run(house, async () => {
      const body = chat('x', { max_tokens: 1_000 });
      const answer = await post(`${house.url}/v1/chat/completions`, body, bearer(key));
      await settled(house);
      assert.equal(house.running.world.limitStore.openCount, 0);
      return answer;
    });
  } finally {
    await house.close();
  }
}

/** By provider, in the order of their names. */
const linesOf = async (house: House) =>
  (await usageOf(house))
    .map(({ provider, requests, inputTokens, outputTokens, costNanoUsd }) => {
      const tokens = [inputTokens, outputTokens];
      assert.equal(costNanoUsd, costOf(inputTokens, outputTokens));
      return [provider, requests, ...tokens];
    })
    .toSorted(([one], [other]) => (String(one) < String(other) ? -1 : 1));

const lateThen = async (
  script: Script,
  run: (silent: Upstream, second: Upstream) => Promise<void>,
): Promise<void> => {
  const [silent, second] = [await openUpstream(() => {}), await openUpstream(script)];
  try {
    await run(silent, second);
  } finally {
    await silent.close();
    await second.close();
  }
};

/** What is counted of `x` where nobody says: its letter, the names in the body, and what is around them. */
const COUNTED = 8;

test('BUD-05: a first provider that was late is paid for beside the one that answered, at its own', async () => {
  await lateThen(using(10, 20), async (silent, second) => {
    await fallingBack([silent, second], 1, async (house, ask) => {
      const answer = await ask();
      assert.equal(answer.status, 200);
      const spent = costOf(COUNTED, 1_000) + costOf(10, 20);
      assert.equal(Number(answer.headers.get('x-llmproxy-cost-usd')) * 1e9, spent);
      assert.deepEqual(await linesOf(house), [
        ['one', 0, COUNTED, 1_000],
        ['two', 1, 10, 20],
      ]);
      assert.equal(await spentOf(house), spent);
      const record = (await house.records()).find(({ kind }) => kind === 'complete');
      assert.equal(record?.usage?.costNanoUsd, spent);
      assert.deepEqual(
        record.attempts?.map(({ provider, usage }) => [provider, usage?.costNanoUsd]),
        [
          ['one', costOf(COUNTED, 1_000)],
          ['two', undefined],
        ],
      );
      // Before the second was asked the log said what both may come to: a crash then is charged that.
      const [admitted, raised] = (await house.records()).filter(
        ({ kind, action }) => kind === 'admit' || action === 'hold_raised',
      );
      assert.equal(raised?.requestId, admitted?.requestId);
      const held = admitted?.reservation?.estimateNanoUsd ?? Number.NaN;
      assert.equal(raised?.reservation?.estimateNanoUsd, held + costOf(COUNTED, 1_000));
    });
  });
});

test('BUD-05: where a budget has no room for what was lost and an answer, no other provider is asked', async () => {
  await lateThen(using(10, 20), async (silent, second) => {
    // One call holds 2,000,000 nano-dollars and some thousands for what it reads.
    await fallingBack([silent, second], 0.003, async (house, ask) => {
      const refused = await ask();
      assert.equal(refused.status, 429, refused.text);
      assert.match(refused.text, /insufficient_quota/u);
      assert.deepEqual([silent.seen.length, second.seen.length], [1, 0]);
      assert.equal(await spentOf(house), costOf(COUNTED, 1_000), 'what may have been made is paid');
      const denied = (await house.records()).find(({ kind }) => kind === 'deny');
      assert.equal(denied?.reason, 'budget-exhausted: b');
      assert.equal(denied.attempts?.[0]?.fault, 'provider-timeout');
      assert.equal((await ask()).status, 429);
      assert.equal(silent.seen.length, 1, 'and it is spent');
    });
  });
});

test('BUD-05: a first provider that has read the call and was late is paid for, also where the second one fails', async () => {
  const failing: Script = (_seen, response) => json(response, 500, { error: {} });
  await lateThen(failing, async (silent, second) => {
    await fallingBack([silent, second], 100, async (house, ask) => {
      assert.equal((await ask()).status, 502);
      assert.deepEqual(await linesOf(house), [
        ['one', 0, COUNTED, 1_000],
        ['two', 1, 0, 0],
      ]);
    });
  });
});

test('BUD-05: a provider that was never reached costs nothing, however late that is known', async () => {
  // It takes connections and never shakes hands.
  const mute = createServer((socket) => void socket.on('error', () => {}));
  await new Promise<void>((resolve) => {
    mute.listen(0, '127.0.0.1', resolve);
  });
  const { port } = mute.address() as AddressInfo;
  const second = await openUpstream(using(10, 20));
  try {
    const one = `{ type: openai, baseUrl: "https://127.0.0.1:${port}/v1", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }`;
    await fallingBack([one, second], 100, async (house, ask) => {
      assert.equal((await ask()).status, 200);
      assert.deepEqual(await linesOf(house), [['two', 1, 10, 20]]);
      const record = (await house.records()).find(({ kind }) => kind === 'complete');
      assert.equal(record?.attempts?.[0]?.fault, 'provider-timeout');
    });
  } finally {
    mute.close();
    await second.close();
  }
});

test('BUD-10, in short: the ledger is what the provider says that it produced, to the nano-dollar', async () => {
  let truth = 0;
  const script: Script = (seen, response) => {
    const output = 1 + (Number(seen.json['seed']) % 97);
    const input = 1 + (Number(seen.json['seed']) % 31);
    truth += costOf(input, output);
    const usage = { prompt_tokens: input, completion_tokens: output };
    json(response, 200, completion('fine', { usage }));
  };
  await scene(script, async ({ house }, key) => {
    const calls = 600;
    let next = 0;
    const client = async (): Promise<void> => {
      while (next < calls) {
        next += 1;
        const body = chat('x', { max_tokens: 100, seed: next });
        const answer = await post(`${house.url}/v1/chat/completions`, body, bearer(key));
        assert.equal(answer.status, 200, answer.text);
      }
    };
    await Promise.all(Array.from({ length: 24 }, client));
    await settled(house);
    assert.equal(await spentOf(house), truth);
  });
});
