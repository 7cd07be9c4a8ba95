/** CLI-05: a body of too many members is refused when they are counted, before it is parsed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseBody } from '#gateway/stages.ts';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';
import { cpuMs, paced } from '../support/pace.ts';

const STALL_MS_MAX = 20;
const keys = (count: number): string =>
  `{${Array.from({ length: count }, (_, index) => `"k${index}":1`).join(',')}}`;
const BOMBS: readonly (readonly [what: string, body: string])[] = [
  ['350,000 keys, 4 MB', keys(350_000)],
  ['2,000,000 numbers, 4 MB', `[${'1,'.repeat(2_000_000)}1]`],
  ['1,300,000 empty objects', `[${'{},'.repeat(1_300_000)}{}]`],
  ['a million commas', `[${','.repeat(1_000_000)}]`],
  ['10,002 keys', keys(10_002)],
  [
    'keys of 4 MB with escapes',
    `{${Array.from({ length: 11_000 }, (_, index) => `"\\u0061${'\\\\'.repeat(170)}${index}":1`).join(',')}}`,
  ],
  ['one key, twice, 2 MB', `{"${'a'.repeat(1_000_000)}":1,"${'a'.repeat(1_000_000)}":2}`],
];

test('CLI-05: each is 400, beyond the size it is 413, and the next call is answered', async () => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    const headers = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    for (const [what, body] of BOMBS) {
      assert.equal((await post(url, body, headers)).status, 400, what);
      assert.equal((await post(url, chat('x'), headers)).status, 200);
    }
    assert.equal((await post(url, keys(700_000), headers)).status, 413);
  } finally {
    await house.close();
  }
});

test('CLI-05: the event loop stands still for 20 ms at most, while the whole parse would take longer', (t) => {
  const stallMsMax = paced(STALL_MS_MAX);
  for (const [what, body] of BOMBS) {
    const bytes = Buffer.from(body);
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startMs = cpuMs();
      assert.equal(parseBody(bytes).ok, false, what);
      tookMs.push(cpuMs() - startMs);
    }
    assert.ok(Math.min(...tookMs) < stallMsMax, `${what}: ${Math.min(...tookMs)}`);
    t.diagnostic(`${what}: ${Math.min(...tookMs).toFixed(1)} ms`);
  }
});
