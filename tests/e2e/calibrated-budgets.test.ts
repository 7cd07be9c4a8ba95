/** `mode: calibrated`: what calls usually cost is held; what costs more holds more in time, or ends. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { bearer, chat, type House, post } from '../support/house.ts';
import {
  costOf,
  type MoneyHouse,
  settled,
  spentOf,
  using,
  withMoneyHouse,
} from '../support/money.ts';
import { openStream } from '../support/streams.ts';
import { chunk, type Script } from '../support/upstream.ts';

/** So many answers before anything is known. */
const LEARNED = 20;
const OUTPUT = 20;

const budgetOf = (usd: number, mode: string): string =>
  `budgets: [{ name: b, per: [tenant], usd: ${usd}, period: year, mode: ${mode} }]`;

const say = (house: House, key: string, maxTokens: number) =>
  post(`${house.url}/v1/chat/completions`, chat('hello', { max_tokens: maxTokens }), bearer(key));

async function learn({ house }: MoneyHouse, key: string): Promise<void> {
  for (let call = 0; call < LEARNED; call += 1) {
    assert.equal((await say(house, key, 100)).status, 200);
    await settled(house);
  }
}

async function answeredAtOnce(house: House, key: string): Promise<number> {
  const answers = await Promise.all(Array.from({ length: 10 }, () => say(house, key, 10_000)));
  await settled(house);
  return answers.filter(({ status }) => status === 200).length;
}

const slowly: Script = async (seen, response, socket) => {
  if (seen.json['max_tokens'] === 10_000) await delay(300);
  await using(10, OUTPUT)(seen, response, socket);
};

for (const [mode, before, after] of [
  ['strict', 1, 1],
  ['calibrated', 1, 10],
] as const) {
  test(`${mode}: of ten calls at once that may be long, ${before} before their answers are known, ${after} after`, async () => {
    await withMoneyHouse(
      slowly,
      async (open, key) => {
        const { house } = open;
        assert.equal(await answeredAtOnce(house, key), before);
        await learn(open, key);
        assert.equal(await answeredAtOnce(house, key), after);
        assert.equal(await spentOf(house), (before + LEARNED + after) * costOf(10, OUTPUT));
      },
      // A call may cost 20,000,000 nano-dollars and what it reads.
      budgetOf(0.03, mode),
    );
  });
}

/** Says a word for ever, whatever bound it was sent. */
const endless: Script = async (seen, response, socket) => {
  if (seen.json['stream'] !== true) return await using(10, OUTPUT)(seen, response, socket);
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (let event = 0; event < 20_000 && !response.destroyed; event += 1) {
    response.write(chunk('a word of eight tokens or so, again and again '));
    if (event % 20 === 0) await delay(1);
  }
  return void response.end();
};

test('a stream that becomes longer than usual holds more, and ends as too long where there is no more', async () => {
  const limitNano = 6_000_000;
  await withMoneyHouse(
    endless,
    async (open, key) => {
      const { house } = open;
      assert.equal(
        (await say(house, key, 10_000)).status,
        429,
        'nothing is known: all of it is held',
      );
      await learn(open, key);
      const before = await spentOf(house);
      const body = chat('hello', { max_tokens: 10_000, stream: true });
      const stream = await openStream(`${house.url}/v1/chat/completions`, body, bearer(key));
      assert.equal(stream.status, 200, 'what it usually is fits');
      assert.equal(await stream.over, 'end');
      assert.match(stream.text(), /"finish_reason":"length"/u);
      assert.match(stream.text(), /data: \[DONE\]/u);
      await settled(house);
      const spent = await spentOf(house);
      assert.ok(spent <= limitNano, `never more than the limit: ${spent}`);
      assert.ok(
        spent - before > (limitNano - before) / 3,
        `it held more as it went: ${spent - before}`,
      );
      assert.equal(house.running.world.limitStore.openCount, 0);
    },
    budgetOf(limitNano / 1e9, 'calibrated'),
  );
});
