/** CLI-04: nesting is refused before anything recursive sees it, and costs milliseconds. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { parseBody } from '#gateway/stages.ts';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';
import { longestStallMs } from '../support/streams.ts';
import { cpuMs, paced } from '../support/pace.ts';

const STALL_MS_MAX = 20;
const MIB = 1_024 * 1_024;
const inChat = (bomb: string): string =>
  `{"model":"demo","messages":[{"role":"user","content":"x"}],"metadata":${bomb}}`;
const BOMBS: readonly (readonly [what: string, body: string])[] = [
  ['12 KB of [', '['.repeat(12_000)],
  ['4 MB of [', '['.repeat(4 * MIB - 10)],
  ['4 MB of {"a":', '{"a":'.repeat((4 * MIB) / 5 - 10)],
  ['a closed nest in a field', inChat(`${'['.repeat(100_000)}${']'.repeat(100_000)}`)],
  ['just one too deep', inChat(`${'['.repeat(64)}${']'.repeat(64)}`)],
];

test('CLI-04: each is 400, and the answer to the next call is as ever', async (t) => {
  const house = await openHouse(`${DEMO}${BASE}guards: []`);
  try {
    const headers = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    for (const [what, body] of BOMBS) {
      const answer = await post(url, body, headers);
      assert.equal(answer.status, 400, what);
      assert.match(answer.text, /nested too deeply/u);
      assert.equal((await post(url, chat('x'), headers)).status, 200);
    }
    const nested = {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'a', type: 'function', function: { name: 'f', arguments: '['.repeat(500_000) } },
      ],
    };
    const stallMs = await longestStallMs(async () => {
      const { status } = await post(
        url,
        chat('x', {
          messages: [
            { role: 'user', content: 'x' },
            nested,
            { role: 'tool', tool_call_id: 'a', content: 'x' },
          ],
        }),
        headers,
      );
      assert.ok(status === 400 || status === 200, `${status}`);
    });
    assert.ok(stallMs < 500, `${stallMs}`);
    t.diagnostic(`arguments of 500 KB of [: ${stallMs.toFixed(0)} ms at most, caller included`);
  } finally {
    await house.close();
  }
});

test('CLI-04: 64 levels pass', () => {
  assert.ok(parseBody(Buffer.from(inChat(`${'['.repeat(63)}${']'.repeat(63)}`))).ok);
});

test('CLI-04: the event loop stands still for 20 ms at most', (t) => {
  const stallMsMax = paced(STALL_MS_MAX);
  for (const [what, body] of BOMBS) {
    const bytes = Buffer.from(body);
    const tookMs: number[] = [];
    for (let round = 0; round < 5; round += 1) {
      const startMs = cpuMs();
      assert.equal(parseBody(bytes).ok, false, what);
      tookMs.push(cpuMs() - startMs);
    }
    // The least of five: other work of this machine only ever adds.
    assert.ok(Math.min(...tookMs) < stallMsMax, `${what}: ${Math.min(...tookMs)}`);
    t.diagnostic(`${what}: ${Math.min(...tookMs).toFixed(1)} ms`);
  }
});
