/** What a call costs, from what the provider told to the record, and a file of prices that changes. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import type { UsageEntry } from '#audit/record.ts';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { terminalRecords } from '../support/streams.ts';
import {
  chunk,
  completion,
  openUpstream,
  sse,
  UPSTREAM_ENV,
  type Upstream,
} from '../support/upstream.ts';

const dir = mkdtempSync(join(tmpdir(), 'llmproxy-prices-'));
after(() => rmSync(dir, { recursive: true, force: true }));

const USAGE = {
  prompt_tokens: 1_000,
  completion_tokens: 100,
  prompt_tokens_details: { cached_tokens: 900 },
  completion_tokens_details: { reasoning_tokens: 40 },
};

const pricesAt = (input: string): void =>
  writeFileSync(
    join(dir, 'prices.json'),
    `{"version":1,"models":{"m":{"inputPerMTok":"${input}","outputPerMTok":"1","cacheReadPerMTok":"0.0375"}}}`,
  );

const yamlOf = ({ url }: Upstream): string => `
providers:
  local: { type: openai, baseUrl: "${url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: local, model: m }] }
prices: { file: prices.json }
guards: []
${BASE}`;

test('cached tokens have their price in both forms of an answer, and a reload has the new prices', async () => {
  const upstream = await openUpstream((seen, response) => {
    const isStreamed = /"stream":true/u.test(seen.body);
    response.writeHead(200, {
      'content-type': isStreamed ? 'text/event-stream' : 'application/json',
    });
    const events = [chunk('fine'), chunk('', 'stop'), sse({ choices: [], usage: USAGE })];
    if (isStreamed) response.end(`${events.join('')}data: [DONE]\n\n`);
    else response.end(JSON.stringify(completion('fine', { usage: USAGE })));
  });
  pricesAt('2');
  const house = await openHouse(yamlOf(upstream), UPSTREAM_ENV, dir);
  try {
    const headers = bearer(await house.key());
    const ask = async (more: object): Promise<readonly [string, string | null]> => {
      const answer = await post(`${house.url}/v1/chat/completions`, chat('x', more), headers);
      assert.equal(answer.status, 200);
      const { headers: told } = answer;
      return [told.get('x-request-id') ?? '', told.get('x-llmproxy-cost-usd')];
    };
    const [whole, costUsd] = await ask({});
    const [streamed] = await ask({ stream: true });
    pricesAt('4');
    assert.equal((await house.apply(yamlOf(upstream))).applied, true);
    const [dearer] = await ask({});
    writeFileSync(join(dir, 'prices.json'), 'cut');
    await assert.rejects(house.apply(yamlOf(upstream)), /not a JSON object/u);
    const [kept] = await ask({});
    const ends = terminalRecords(await house.records());
    const usageOf = (id: string): UsageEntry | undefined => ends.get(id)?.usage;

    // 100 at 2 USD, 900 at 0.0375 USD and 100 at 1 USD for a million: 333,750 nano-dollars.
    assert.equal(costUsd, '0.000333750');
    const { priceVersion, ...rest } = usageOf(whole) ?? { priceVersion: undefined };
    assert.match(priceVersion ?? '', /^file-[0-9a-f]{12}$/u);
    assert.deepEqual(rest, {
      cacheReadTokens: 900,
      costNanoUsd: 333_750,
      inputTokens: 1_000,
      outputTokens: 100,
      reasoningTokens: 40,
      source: 'provider',
    });
    assert.deepEqual(usageOf(streamed), usageOf(whole));
    assert.equal(usageOf(dearer)?.costNanoUsd, 533_750);
    assert.notEqual(usageOf(dearer)?.priceVersion, priceVersion);
    assert.equal(usageOf(kept)?.priceVersion, usageOf(dearer)?.priceVersion);
    assert.notEqual(ends.get(dearer)?.policyVersion, ends.get(whole)?.policyVersion);
  } finally {
    await house.close();
    await upstream.close();
  }
});
