/**
 * BUD-03 and BUD-05: however a call ends, its reservation ends once, and it is billed for what was
 * produced. A provider that says what it produced keeps the other side of the books.
 */
import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { Fault } from '#domain/fault.ts';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import {
  costOf,
  type MoneyHouse,
  openMoneyHouse,
  settled,
  spentOf,
  usageOf,
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
      if (cost === null) assert.ok(spent >= 0 && spent < costOf(40, 100), `${name}: ${spent}`);
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

test('BUD-05: a first provider that has read the call and was late is paid for, also where the second one fails', async () => {
  const silent = await openUpstream(() => {});
  const failing = await openUpstream((_seen, response) => json(response, 500, { error: {} }));
  const house = await openHouse(
    `providers:
  silent: ${providerOf('openai', silent).replace(' }', ', timeouts: { firstByte: 300ms } }')}
  failing: ${providerOf('openai', failing)}
models:
  demo: { deployments: [{ provider: silent, model: m, weight: 1 }, { provider: failing, model: m, weight: 0 }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards: []
${BUDGET}
${BASE}`,
    UPSTREAM_ENV,
  );
  try {
    const body = chat('x', { max_tokens: 1_000 });
    const answer = await post(`${house.url}/v1/chat/completions`, body, bearer(await house.key()));
    assert.equal(answer.status, 502);
    await settled(house);
    const [row] = await usageOf(house);
    assert.deepEqual([row?.requests, row?.outputTokens], [1, 1_000]);
    assert.ok((row?.costNanoUsd ?? 0) >= costOf(1, 1_000));
  } finally {
    await house.close();
    await silent.close();
    await failing.close();
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
