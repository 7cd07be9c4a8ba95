/** Several workers are one gateway: what one counts, knows or is told of counts for all of them. */
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';

import { readRecords } from '#audit/read.ts';
import { verifyLog } from '#audit/verify.ts';

import { openReceiver, webhookSecret } from '../support/alert-receiver.ts';
import { BASE, bearer, chat, DEMO, post, TENANT } from '../support/house.ts';
import { eventually } from '../support/programs.ts';
import { IS_FULL } from '../support/streams.ts';
import { agentDialects, agentYaml } from '../support/tool-answers.ts';
import { completion, json, openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';
import { callWhole } from '../support/whole-call.ts';
import { openWorkers, type Workers } from '../support/workers.ts';

/** Each on a connection of its own: they go to the workers in turn. */
const callMany = async ({ gateway: { url } }: Workers, key: string, count: number) => {
  const body = chat('Hello');
  return await Promise.all(Array.from({ length: count }, () => callWhole({ url, key, body })));
};

const statuses = (answers: Awaited<ReturnType<typeof callMany>>): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const answer of answers) {
    const name = typeof answer === 'string' ? answer : String(answer.status);
    counts[name] = (counts[name] ?? 0) + 1;
  }
  return counts;
};

/** Each of these starts four processes: some of them are for `npm run test:full`. */
function inFull(name: string, run: (t: TestContext) => Promise<void>): void {
  if (IS_FULL) test(name, run);
}

async function recordsOf({ folder }: Workers) {
  const records = [];
  for await (const { record } of readRecords(folder.auditDir)) records.push(record);
  return records;
}

test('a limit is exact over all workers, and each writes a log of its own into one folder', async (t) => {
  const workers = await openWorkers(
    t,
    `${DEMO}${BASE}guards: []\nlimits: [{ name: all, per: [key], requests: 40/1d, algorithm: sliding-window }]`,
  );
  const { key } = workers.folder.key(TENANT);
  const answers = await callMany(workers, key, 100);
  assert.deepEqual(statuses(answers), { '200': 40, '429': 60 });
  workers.gateway.kill('SIGTERM');
  const { code } = await workers.gateway.exited;
  assert.equal(code, 0);
  const records = await recordsOf(workers);
  const ended = records.filter(({ kind }) => kind === 'complete');
  assert.equal(ended.length, 40);
  assert.deepEqual([...new Set(ended.map(({ writer }) => writer))].toSorted(), ['w1', 'w2']);
  assert.equal(verifyLog(workers.folder.auditDir).exit, 0);
  // One Merkle log over all of them, and the last of it is signed.
  const { code: proof, out } = workers.folder.run('audit', 'verify');
  assert.equal(proof, 0, out);
});

test('a limit that workers count on loan is exact to the last call as well', async (t) => {
  const workers = await openWorkers(
    t,
    `${DEMO}${BASE}guards: []\nlimits: [{ name: all, per: [key], requests: 300/1d, algorithm: sliding-window }]`,
    { server: 'workerLeases: true' },
  );
  const { key } = workers.folder.key(TENANT);
  let served = 0;
  let rounds = 0;
  // What one of them has on loan and does not use is the others' again within seconds.
  await eventually(async () => {
    rounds += 1;
    const { 200: passed = 0, ...others } = statuses(await callMany(workers, key, 60));
    served += passed;
    assert.deepEqual([passed + (others['429'] ?? 0), served <= 300], [60, true]);
    assert.equal(served, 300);
  });
  assert.ok(rounds >= 5);
});

test('a key that is revoked is refused by every worker, and a decision is found from any', async (t) => {
  const workers = await openWorkers(t, `${DEMO}${BASE}guards: []`);
  const { gateway } = workers;
  const { id, key } = workers.folder.key(TENANT);
  const first = await callWhole({ url: gateway.url, key, body: chat('Hello') });
  assert.ok(typeof first !== 'string' && first.status === 200);
  const found = await Promise.all(
    Array.from({ length: 8 }, async () => {
      const headers = { ...bearer(key), connection: 'close' };
      return (await fetch(`${gateway.url}/v1/decisions/${first.requestId}`, { headers })).status;
    }),
  );
  assert.deepEqual(new Set(found), new Set([200]));
  assert.equal(workers.folder.run('keys', 'revoke', id).code, 0);
  // In turn and slowly: an address that fails too often is refused for that, and not for the key.
  await eventually(async () => {
    await delay(300);
    assert.deepEqual(statuses(await callMany(workers, key, 2)), { '401': 2 });
  });
  assert.deepEqual(statuses(await callMany(workers, key, 8)), { '401': 8 });
});

test('a breaker that opens in one worker is open in the other, and closed there when one probe is answered', async (t) => {
  const upstream = await openUpstream((_seen, response) => json(response, 500, {}));
  t.after(() => upstream.close());
  const workers = await openWorkers(t, `${upstreamYaml(upstream)}${BASE}`, { env: UPSTREAM_ENV });
  const { key } = workers.folder.key(TENANT);
  const { url } = workers.gateway;
  // One connection is one worker: the other has not seen a single failure.
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  t.after(() => agent.destroy());
  const one = (): Promise<unknown> => callWhole({ url, key, agent, body: chat('Hello') });
  await eventually(async () => {
    const before = upstream.seen.length;
    await one();
    assert.equal(upstream.seen.length, before, 'it is open: nobody is sent there');
  });
  const asked = upstream.seen.length;
  const answers = statuses(await callMany(workers, key, 8));
  assert.deepEqual([answers['200'], upstream.seen.length], [undefined, asked]);
  upstream.script = (_seen, response) => json(response, 200, completion('fine'));
  await eventually(async () => {
    assert.deepEqual(statuses(await callMany(workers, key, 8)), { '200': 8 });
  }, 20_000);
});

inFull('a file that changes is in force in every worker; one that is wrong in none', async (t) => {
  const yaml = `${DEMO}${BASE}guards: []\nlimits: [{ name: all, per: [key], requests: 1000/1m }]`;
  const workers = await openWorkers(t, yaml);
  const { folder } = workers;
  const { key } = folder.key(TENANT);
  assert.deepEqual(statuses(await callMany(workers, key, 8)), { '200': 8 });
  const text = readFileSync(folder.config, 'utf8');
  writeFileSync(folder.config, text.replace('models:\n  demo:', 'models:\n  other:'));
  await workers.ask('reload', { method: 'POST', body: {} });
  assert.deepEqual(statuses(await callMany(workers, key, 8)), { '404': 8 });
  writeFileSync(folder.config, text.replace('workers: 2', 'workers: 3'));
  await assert.rejects(workers.ask('reload', { method: 'POST', body: {} }), /server\.workers/u);
  assert.deepEqual(statuses(await callMany(workers, key, 8)), { '404': 8 });
});

inFull('metrics, calls in flight and the ledger are of all workers', async (t) => {
  const answers: (() => void)[] = [];
  const upstream = await openUpstream(async (_seen, response) => {
    await new Promise<void>((resolve) => answers.push(resolve));
    response.writeHead(500, { 'content-type': 'application/json' }).end('{}');
  });
  t.after(() => upstream.close());
  const workers = await openWorkers(t, `${upstreamYaml(upstream)}${BASE}`, {
    env: UPSTREAM_ENV,
  });
  const { key } = workers.folder.key(TENANT);
  const calls = callMany(workers, key, 6);
  await eventually(async () => {
    const each = (await workers.status()).map(({ inFlight }) => inFlight);
    assert.equal(
      each.reduce((sum, one) => sum + one, 0),
      6,
    );
    assert.ok(
      each.every((one) => one > 0),
      'both take calls',
    );
  });
  assert.match(await workers.metrics(), /^llmproxy_requests_in_flight 6$/mu);
  for (let turn = 0; turn < 40; turn += 1) {
    for (const answer of answers.splice(0)) answer();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  assert.equal((await calls).length, 6);
  await eventually(async () => {
    const text = await workers.metrics();
    const counted = [...text.matchAll(/^llmproxy_requests_total\{[^}]*\} (?<n>\d+)$/gmu)];
    const sum = counted.reduce((all, { groups }) => all + Number(groups?.['n']), 0);
    assert.equal(sum, 6);
    assert.match(text, /^llmproxy_workers\{state="ready"\} 2$/mu);
  });
});

inFull('a person decides on calls of every worker, and is told of each once', async (t) => {
  const upstream = await openUpstream();
  const receiver = await openReceiver();
  t.after(() => Promise.all([upstream.close(), receiver.close()]));
  const [dialect] = agentDialects;
  assert.ok(dialect !== undefined);
  const payment = { name: 'pay', arguments: { to: 'ACC-1', amount: 9_000 } };
  upstream.script = dialect.answer(payment, 5);
  const secret = webhookSecret();
  const workers = await openWorkers(
    t,
    `${agentYaml(upstream.url)}${BASE}
guards: [{ name: money, type: tool-calls, tools: ["pay*"], action: block, approval: 20s }]
alerts:
  - { name: soc, url: "${receiver.url}", secret: "\${env:SOC}", allowPrivateAddress: true, events: [approval.waiting] }`,
    { env: { ...UPSTREAM_ENV, SOC: secret } },
  );
  const { key } = workers.folder.key(TENANT);
  const body = dialect.request({ user: 'Pay.', tools: ['pay'] }, false);
  const asking = Array.from({ length: 4 }, () =>
    post(`${workers.gateway.url}${dialect.path}`, body, { ...bearer(key), connection: 'close' }),
  );
  const waiting = await eventually(async () => {
    const { items } = (await workers.ask('approvals')) as { items: readonly { id: string }[] };
    assert.equal(items.length, 4);
    return items;
  });
  await eventually(async () => {
    const each = (await workers.status()).map(({ inFlight }) => inFlight);
    assert.ok(
      each.every((one) => one > 0),
      'both ask',
    );
  });
  await receiver.came(4);
  for (const { id } of waiting) {
    await workers.ask(`approvals/${id}/approve`, { method: 'POST', body: {} });
  }
  for (const answer of await Promise.all(asking)) {
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(dialect.read(answer.text), [payment]);
  }
  assert.equal(receiver.alerts(secret).length, 4);
});

test('money of a budget cannot be overrun by two workers, and its line is told once', async (t) => {
  const receiver = await openReceiver();
  // 7 tokens in and 3 out, at a dollar and two a million: 13 thousandths of a cent a thousand calls.
  const upstream = await openUpstream();
  t.after(() => Promise.all([upstream.close(), receiver.close()]));
  const secret = webhookSecret();
  const workers = await openWorkers(
    t,
    `${upstreamYaml(upstream)}${BASE}
budgets: [{ name: b, per: [tenant], usd: 0.001, period: day, alertAt: [0.5] }]
alerts:
  - { name: soc, url: "${receiver.url}", secret: "\${env:SOC}", allowPrivateAddress: true, events: [budget.line] }`,
    { env: { ...UPSTREAM_ENV, SOC: secret } },
  );
  const { key } = workers.folder.key(TENANT);
  const { url } = workers.gateway;
  const counts: Record<string, number> = {};
  for (let round = 0; round < 30; round += 1) {
    const body = { ...chat('Hello'), max_tokens: 10 };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => callWhole({ url, key, body })),
    );
    for (const [status, count] of Object.entries(statuses(answers))) {
      counts[status] = (counts[status] ?? 0) + count;
    }
  }
  // A call costs 13,000 nano-dollars: 76 of them are 988,000 of a million.
  const served = counts['200'] ?? 0;
  assert.ok(served > 60 && served <= 76, JSON.stringify(counts));
  assert.equal(served + (counts['429'] ?? 0), 240, JSON.stringify(counts));
  await receiver.came(1);
  assert.equal(receiver.alerts(secret).length, 1);
  await eventually(() => {
    const { out } = workers.folder.run('usage', 'export');
    assert.match(out, new RegExp(`"costNanoUsd":${served * 13_000}\\b`, 'u'));
  });
});

test('a signal to the owner lets calls of every worker end, and the log is closed and signed whole', async (t) => {
  const over = Promise.withResolvers<void>();
  const upstream = await openUpstream(async (_seen, response) => {
    await over.promise;
    json(response, 200, completion('fine'));
  });
  t.after(() => upstream.close());
  const workers = await openWorkers(t, `${upstreamYaml(upstream)}${BASE}`, { env: UPSTREAM_ENV });
  const { folder, gateway } = workers;
  const { key } = folder.key(TENANT);
  const calls = callMany(workers, key, 6);
  await eventually(() => assert.equal(upstream.seen.length, 6));
  // As a terminal does it: every process of the group hears of it, and the owner decides.
  for (const { pid } of await workers.status()) process.kill(pid ?? 0, 'SIGINT');
  gateway.kill('SIGTERM');
  await eventually(async () => {
    assert.equal((await fetch(`${gateway.adminUrl}/readyz`)).status, 503);
  });
  over.resolve();
  assert.deepEqual(statuses(await calls), { '200': 6 });
  assert.deepEqual(await gateway.exited, { code: 0, signal: null });
  const { code, out } = folder.run('audit', 'verify');
  assert.equal(code, 0, out);
  const writers = new Map<string, unknown>();
  for (const { writer, action } of await recordsOf(workers)) writers.set(writer, action);
  assert.deepEqual(Object.fromEntries(writers), { main: 'close', w1: 'close', w2: 'close' });
});
