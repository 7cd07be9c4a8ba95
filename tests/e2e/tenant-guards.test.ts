/** A tenant's own guards add to those of the gateway, for its own calls, and weaken nothing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bearer, chat, DEMO, openHouse, post } from '../support/house.ts';

const YAML = `${DEMO}
guards:
  - { name: house, type: topics, on: [request], rules: [{ match: falcon, action: block }] }
tenants:
  - id: acme
    bindings: [{ role: developer, users: ["*"], keys: ["*"] }]
    guards:
      - { name: own, type: topics, on: [request], rules: [{ match: merger, action: block }, { match: falcon, action: alert }] }
  - id: other
    bindings: [{ role: developer, users: ["*"], keys: ["*"] }]
`;

test('what a tenant forbids is forbidden to it alone; what the gateway forbids, to everybody', async () => {
  const house = await openHouse(YAML);
  try {
    const url = `${house.url}/v1/chat/completions`;
    const acme = bearer(await house.key());
    const other = bearer(await house.key({ tenant: 'other' }));
    const status = async (text: string, credential: Record<string, string>): Promise<number> =>
      (await post(url, chat(text), credential)).status;
    assert.equal(await status('the merger', acme), 400);
    assert.equal(await status('the merger', other), 200);
    // Its own rule says alert for the same word; the stricter one acts.
    assert.equal(await status('the falcon', acme), 400);
    assert.equal(await status('the falcon', other), 400);
    assert.equal(await status('the weather', acme), 200);
    const names = (await house.records())
      .filter(({ tenant }) => tenant === 'other')
      .flatMap(({ guards }) => guards ?? [])
      .map(({ name }) => name);
    assert.ok(names.includes('house') && !names.includes('own'));
  } finally {
    await house.close();
  }
});
