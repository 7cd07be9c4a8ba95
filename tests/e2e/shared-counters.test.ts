/** Two gateways, one Valkey, one PostgreSQL: one limit and one budget, whichever of them is asked. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import type { BudgetView, LimitView } from '#admin/limits-contract.ts';

import { openAdmin } from '../support/admin.ts';
import { BASE, bearer, chat, get, type House, openHouse, post, TENANT } from '../support/house.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually } from '../support/programs.ts';
import { openTwoProviders } from '../support/two-providers.ts';
import {
  answering,
  completion,
  json,
  openUpstream,
  UPSTREAM_ENV,
  upstreamYaml,
} from '../support/upstream.ts';
import { callWhole } from '../support/whole-call.ts';
import { openWorkers } from '../support/workers.ts';
import { AUDIENCE, newKey, openIssuer, tokenOf } from '../support/issuer.ts';
import { newProofKey, proofOf } from '../support/proofs.ts';
import { left, mint } from '../support/runs.ts';
import { openTestValkey } from '../support/valkey.ts';

const postgres = await openTestPostgres();
const valkey = await openTestValkey();
after(async () => {
  await valkey.close();
  await postgres.close();
});

const PROVIDERS = `
providers: { demo: { type: demo } }
models:
  demo: { deployments: [{ provider: demo }], price: { inputPerMTok: 10000, outputPerMTok: 10000 } }
guards: []
${BASE}`;

const stores = (counters: string): string => `
counters: { ${counters}, deadline: 2s }
ledger: { type: postgres, url: "\${env:LEDGER_URL}" }
`;

async function openPair(yaml: string, env: Record<string, string>): Promise<[House, House]> {
  const first = await openHouse(yaml, env);
  return [first, await openHouse(yaml, env)];
}

const closeAll = async (houses: readonly House[]): Promise<void> => {
  for (const house of houses) await house.close();
};

const env = async (): Promise<Record<string, string>> => ({
  COUNTERS_PASSWORD: valkey.password,
  LEDGER_URL: await postgres.database(),
});

const VALKEY = `type: valkey, url: "${valkey.address}", password: "\${env:COUNTERS_PASSWORD}"`;

async function statuses(houses: readonly House[], keys: readonly string[], calls: number) {
  const seen = new Map<number, number>();
  for (let call = 0; call < calls; call += 1) {
    const house = houses[call % houses.length];
    const key = keys[call % keys.length] ?? '';
    const answer = await post(`${house?.url}/v1/chat/completions`, chat('hello'), bearer(key));
    seen.set(answer.status, (seen.get(answer.status) ?? 0) + 1);
  }
  return seen;
}

test('a rate by tenant is one rate over both gateways, and the log names no password', async () => {
  const limits = 'limits: [{ name: both, per: [tenant], requests: 10/1d }]';
  const houses = await openPair(
    `${stores(`${VALKEY}, namespace: rate`)}${limits}${PROVIDERS}`,
    await env(),
  );
  try {
    const keys = [await houses[0].key(), await houses[1].key()];
    const seen = await statuses(houses, keys, 24);
    assert.deepEqual([seen.get(200), seen.get(429)], [10, 14]);
    await eventually(async () => {
      const { text } = await get(`${houses[0].adminUrl}/metrics`);
      assert.match(text, /^llmproxy_counters_up 1$/mu);
      assert.match(text, /^llmproxy_counters_mode\{mode="shared"\} 1$/mu);
      assert.match(text, /^llmproxy_counters_instances 2$/mu);
    });
    for (const house of houses) {
      assert.ok(!house.log().includes(valkey.password));
      const { body } = await (await openAdmin(house)).done('GET', 'limits');
      const [limit] = body['items'] as { counters: object[]; isShared: boolean }[];
      assert.equal(limit?.isShared, true);
      const [counter] = limit.counters as { names: string[]; remaining: number }[];
      assert.deepEqual([counter?.names, counter?.remaining], [['acme'], 0]);
    }
  } finally {
    await closeAll(houses);
  }
});

for (const [name, counters] of [
  ['Valkey', async () => `${VALKEY}, namespace: money`],
  ['PostgreSQL', async () => `type: postgres, url: "${await postgres.database()}"`],
] as const) {
  test(`a budget over ${name} is one budget, and a gateway that starts later begins with it`, async () => {
    const budgets = 'budgets: [{ name: m, per: [tenant], usd: 2, period: year }]';
    const yaml = `${stores(await counters())}${budgets}${PROVIDERS}`;
    const vars = await env();
    const houses = await openPair(yaml, vars);
    try {
      const keys = [await houses[0].key(), await houses[1].key()];
      const ask = { model: 'demo', max_tokens: 30, messages: [{ role: 'user', content: 'hello' }] };
      const seen = new Map<number, number>();
      for (let call = 0; call < 60; call += 1) {
        const at = call % 2;
        const url = `${houses[at]?.url}/v1/chat/completions`;
        const { status } = await post(url, ask, bearer(keys[at] ?? ''));
        seen.set(status, (seen.get(status) ?? 0) + 1);
      }
      const [fine = 0, spent = 0] = [seen.get(200), seen.get(429)];
      assert.equal(fine + spent, 60, JSON.stringify([...seen]));
      assert.ok(fine > 3 && spent > 3, JSON.stringify([...seen]));
      const third = await openHouse(yaml, vars);
      try {
        const late = await statuses([third], [await third.key()], 3);
        assert.equal(late.get(200) ?? 0, 0, 'what others have spent is spent here');
      } finally {
        await third.close();
      }
    } finally {
      await closeAll(houses);
    }
  });
}

test('a limit by provider is one over both gateways: each provider is asked exactly so often', async () => {
  const limits =
    '{ name: each, per: [provider], requests: 7/1d }, { name: parallel, per: [provider], concurrency: 50 }';
  const open = await openTwoProviders(limits, [answering('fine'), answering('fine')], {
    rest: stores(`${VALKEY}, namespace: providers`),
    env: await env(),
    gateways: 2,
  });
  try {
    const keys = await Promise.all(open.houses.map((house) => house.key()));
    const asking = Array.from({ length: 40 }, async (_, call) => {
      const house = open.houses[call % 2];
      const url = `${house?.url}/v1/chat/completions`;
      return await post(
        url,
        chat('hello', { stream: call % 3 === 0 }),
        bearer(keys[call % 2] ?? ''),
      );
    });
    const answers = await Promise.all(asking);
    assert.equal(answers.filter(({ status }) => status === 200).length, 14);
    assert.equal(answers.filter(({ status }) => status === 429).length, 26);
    assert.deepEqual([open.one.seen.length, open.two.seen.length], [7, 7]);
    await eventually(() => {
      for (const house of open.houses) {
        assert.equal(house.running.world.limitStore.openCount, 0);
        assert.equal(house.running.world.limitStore.untoldCount, 0);
      }
    });
    // Nor does the store hold a place of any of them.
    const client = await valkey.client();
    assert.deepEqual(await client.keys('*providers*:c:*'), []);
    assert.deepEqual(await client.keys('*providers*:held'), []);
    assert.ok((await client.keys('*providers*:b:*')).length > 0, 'there was something to look for');
  } finally {
    await open.close();
  }
});

test('a run says what it has spent, by the ledger that all gateways share', async () => {
  const yaml = `${stores(`${VALKEY}, namespace: runs`)}${PROVIDERS}`;
  const house = await openHouse(yaml, await env());
  try {
    const run = await mint(house, await house.key(), { calls: 3, usd: 500 });
    const answer = await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(run.token));
    assert.equal(answer.status, 200);
    await eventually(async () => {
      const { spent, left: rest } = (await left(house, run.id, run.token)) as Record<
        string,
        Record<string, number>
      >;
      assert.deepEqual([spent?.['calls'], rest?.['calls']], [1, 2]);
      assert.ok((spent?.['usd'] ?? 0) > 0);
    });
  } finally {
    await house.close();
  }
});

test('JWT-12: a proof that was used at one gateway is worth nothing at the other, nor while nobody can say', async (t) => {
  const own = await openTestValkey();
  t.after(() => own.close());
  const [issuer, signing, holder] = await Promise.all([openIssuer(), newKey('k'), newProofKey()]);
  t.after(() => issuer.close());
  issuer.keys = [signing.jwk];
  const origin = 'https://llm.example.com';
  const yaml = (dpop: string): string => `
counters: { type: valkey, url: "${own.address}", password: "\${env:COUNTERS_PASSWORD}", deadline: 500ms }
providers: { demo: { type: demo } }
models: { demo: { deployments: [{ provider: demo }] } }
guards: []
tenants: [{ id: acme, bindings: [{ role: developer, users: ["*"] }] }]
auth:
  failuresPerAddress: 100000/1m
  resource: { url: "${origin}" }
  dpop: ${dpop}
  jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, claims: { tenant: org }, tenants: [acme], allowPrivateAddress: true }]
`;
  const vars = { COUNTERS_PASSWORD: own.password };
  const houses = await openPair(yaml('{}'), vars);
  const alone = await openHouse(yaml('{ onUnavailable: alone }'), vars);
  try {
    const claims = { org: 'acme', cnf: { jkt: holder.thumbprint } };
    const token = await tokenOf(issuer.url, signing, { claims });
    const url = `${origin}/v1/models`;
    const prove = () => proofOf(holder, { method: 'GET', url, token }, {});
    const at = async (house: House, proof: string): Promise<number> => {
      const headers = { authorization: `DPoP ${token}`, dpop: proof };
      return (await get(`${house.url}/v1/models`, headers)).status;
    };
    const [first, second] = houses;
    const used = await prove();
    assert.deepEqual([await at(first, used), await at(second, used)], [200, 401]);
    assert.deepEqual([await at(alone, used), await at(first, await prove())], [401, 200]);
    // Asked for at one moment, it counts at one of them.
    const raced = await prove();
    const answers = await Promise.all([at(first, raced), at(second, raced), at(alone, raced)]);
    assert.deepEqual(
      answers.toSorted((a, b) => a - b),
      [200, 401, 401],
    );
    own.signal('SIGSTOP');
    const stolen = await prove();
    assert.equal(await at(first, stolen), 503);
    const [here, there] = [await at(alone, stolen), await at(alone, stolen)];
    assert.deepEqual([here, there], [200, 401], 'what it has seen itself it knows');
    own.signal('SIGCONT');
    await eventually(async () => assert.equal(await at(second, await prove()), 200));
  } finally {
    own.signal('SIGCONT');
    await closeAll([...houses, alone]);
  }
});

test('what a shared store has told any worker is listed, and what its calls hold', async (t) => {
  const answers: (() => void)[] = [];
  const upstream = await openUpstream(async (_seen, response) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    json(response, 200, completion('fine'));
  });
  t.after(() => upstream.close());
  const yaml = `${upstreamYaml(upstream)}${BASE}
limits: [{ name: all, per: [tenant], requests: 100/1d, algorithm: sliding-window }]
budgets: [{ name: month, per: [tenant], usd: 1000 }]
${stores(`${VALKEY}, namespace: workers`)}`;
  const workers = await openWorkers(t, yaml, {
    env: { ...UPSTREAM_ENV, ...(await env()) },
  });
  const { key } = workers.folder.key(TENANT);
  const { url } = workers.gateway;
  const body = chat('Hello');
  // Each on a connection of its own: they go to the workers in turn.
  const calls = Array.from({ length: 6 }, () => callWhole({ url, key, body }));
  await eventually(() => assert.equal(answers.length, 6));
  const limits = (await workers.ask('limits')) as { readonly items: readonly LimitView[] };
  const [all] = limits.items;
  assert.deepEqual(
    all?.counters.map(({ names, remaining }) => [names, remaining]),
    [[[TENANT], 94]],
  );
  const held = async (): Promise<number | undefined> => {
    const { items } = (await workers.ask('budgets')) as { readonly items: readonly BudgetView[] };
    return items[0]?.heldNanoUsd;
  };
  const ofSix = (await held()) ?? 0;
  assert.ok(ofSix > 0 && ofSix % 6 === 0, String(ofSix));
  for (const answer of answers) answer();
  for (const one of await Promise.all(calls))
    assert.ok(typeof one !== 'string' && one.status === 200);
  await eventually(async () => assert.equal(await held(), 0));
});
