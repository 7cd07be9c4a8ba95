/**
 * RES-01: a call of a tenant goes to no provider outside its regions and agreements: not by weight, not
 * as a fallback, not as a retry, in no dialect, whole or streamed; and the refusal says so.
 */
import assert from 'node:assert/strict';
import { after, before, beforeEach, test } from 'node:test';

import { bearer, chat, type House, openHouse, post } from '../support/house.ts';
import { answering, json, openUpstream, type Upstream, UPSTREAM_ENV } from '../support/upstream.ts';

let europe: Upstream;
let america: Upstream;
let nowhere: Upstream;
let house: House;

const provider = (upstream: Upstream, more: string): string =>
  `{ type: openai, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true${more} }`;

before(async () => {
  [europe, america, nowhere] = await Promise.all([openUpstream(), openUpstream(), openUpstream()]);
  house = await openHouse(
    `
providers:
  europe: ${provider(europe, ', region: eu, agreements: [dpa]')}
  america: ${provider(america, ', region: us, agreements: [dpa, baa]')}
  nowhere: ${provider(nowhere, '')}
models:
  all: { deployments: [{ provider: europe }, { provider: america, weight: 1000 }, { provider: nowhere, weight: 1000 }] }
  abroad: { deployments: [{ provider: america }, { provider: nowhere }] }
guards: []
tenants:
  - { id: acme, residency: { regions: [eu] }, bindings: [{ role: developer, users: ["*"] }] }
  - { id: clinic, residency: { regions: [us, eu], agreements: [baa, dpa] }, bindings: [{ role: developer, users: ["*"] }] }
  - { id: island, residency: { regions: [is] }, bindings: [{ role: developer, users: ["*"] }] }
  - { id: free, bindings: [{ role: developer, users: ["*"] }] }
`,
    UPSTREAM_ENV,
  );
});
after(async () => {
  await house.close();
  await Promise.all([europe, america, nowhere].map((upstream) => upstream.close()));
});
beforeEach(() => {
  for (const upstream of [europe, america, nowhere]) {
    upstream.seen.length = 0;
    upstream.script = answering('fine');
  }
});

const seen = (): number[] => [europe, america, nowhere].map((upstream) => upstream.seen.length);

async function ask(tenant: string, model: string, path = 'chat/completions', more: object = {}) {
  const key = await house.key({ tenant });
  const body =
    path === 'messages'
      ? { model, max_tokens: 5, messages: [{ role: 'user', content: 'hi' }], ...more }
      : { ...chat('hi'), model, ...more };
  return await post(`${house.url}/v1/${path}`, body, bearer(key));
}

test('however it is weighted, every call of the tenant goes where it may', async () => {
  for (let run = 0; run < 12; run += 1) {
    const path = run % 3 === 0 ? 'messages' : 'chat/completions';
    const { status, text } = await ask('acme', 'all', path, { stream: run % 2 === 0 });
    assert.equal(status, 200, text);
  }
  assert.deepEqual(seen(), [12, 0, 0]);
  assert.equal((await ask('clinic', 'all')).status, 200);
  assert.deepEqual(seen(), [12, 1, 0], 'both agreements are asked for');
});

test('a provider that fails is no reason to go abroad', async () => {
  europe.script = (_, response) => json(response, 500, { error: { message: 'down' } });
  const { status } = await ask('acme', 'all');
  assert.ok(status >= 500, `${status}`);
  const [asked, ...others] = seen();
  assert.ok((asked ?? 0) > 0);
  assert.deepEqual(others, [0, 0]);
});

test('where no deployment is left the refusal says so, and nothing is sent', async () => {
  for (const [tenant, model] of [
    ['acme', 'abroad'],
    ['island', 'all'],
  ] as const) {
    for (const path of ['chat/completions', 'messages']) {
      const { status, text } = await ask(tenant, model, path);
      assert.equal(status, 403, text);
      assert.match(text, /not where calls of your organisation may go/u);
    }
  }
  assert.deepEqual(seen(), [0, 0, 0]);
  const records = await house.records();
  assert.ok(
    records.some(({ reason, tenant }) => tenant === 'island' && reason === 'residency-unmet'),
  );
});

test('a tenant without a residency goes anywhere', async () => {
  assert.equal((await ask('free', 'abroad')).status, 200);
});
