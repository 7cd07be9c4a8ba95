/** A text that guards make longer is paid for as what it has become, or is refused. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bearer, chat, openHouse, post } from '../support/house.ts';
import { moneyYaml, settled, spentOf } from '../support/money.ts';
import { completion, json, openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

/** Each word of two characters becomes a mark of a dozen. */
const GUARDS = `guards:
  - { name: house, type: topics, on: [request], rules: [{ match: "xq", action: redact }] }`;

test('what guards add to a call is held for it as well; where that does not fit it is refused', async () => {
  const upstream = await openUpstream((seen, response) => {
    // As many tokens as bytes: the most that there can be.
    const usage = { prompt_tokens: Buffer.byteLength(seen.body), completion_tokens: 1 };
    json(response, 200, completion('fine', { usage }));
  });
  const text = 'xq '.repeat(400);
  const yaml = (usd: string) =>
    moneyYaml(upstream, `budgets: [{ name: b, usd: ${usd} }]`).replace('guards: []', GUARDS);
  try {
    for (const [usd, status] of [
      ['1', 200],
      ['0.0025', 429],
    ] as const) {
      const house = await openHouse(yaml(usd), UPSTREAM_ENV);
      try {
        const key = await house.key();
        const body = chat(text, { max_tokens: 16 });
        const answer = await post(`${house.url}/v1/chat/completions`, body, bearer(key));
        assert.equal(answer.status, status, answer.text);
        await settled(house);
        const records = await house.records();
        const ended = records.find(({ kind }) => kind === 'complete' || kind === 'deny');
        if (status === 429) {
          assert.equal(ended?.reason, 'budget-exhausted: b');
          assert.equal(await spentOf(house), 0);
          continue;
        }
        const sent = Buffer.byteLength(upstream.seen[0]?.body ?? '');
        assert.ok(sent > Buffer.byteLength(JSON.stringify(body)) * 1.5, 'it has grown');
        assert.equal(ended?.usage?.source, 'provider', 'what was held covers what it came to');
        assert.ok((ended?.reservation?.estimateNanoUsd ?? 0) >= sent * 1_000);
      } finally {
        await house.close();
      }
    }
    assert.equal(upstream.seen.length, 1, 'what was refused was not sent');
  } finally {
    await upstream.close();
  }
});
