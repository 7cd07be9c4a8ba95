/**
 * RST-03, RST-04 and what else may become of a worker: it takes its own calls with it and nobody else's,
 * another takes its place, and what it held is free again.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { readRecords } from '#audit/read.ts';
import { verifyLog } from '#audit/verify.ts';

import { BASE, chat, DEMO, TENANT } from '../support/house.ts';
import { eventually, sleep } from '../support/programs.ts';
import { openUpstream, UPSTREAM_ENV, upstreamYaml, json, completion } from '../support/upstream.ts';
import { IS_FULL } from '../support/streams.ts';
import { callWhole, type WholeAnswer } from '../support/whole-call.ts';
import { openWorkers, type Workers } from '../support/workers.ts';

const FAULTS = new URL('../support/worker-faults.ts', import.meta.url).href;
const faultEnv = { ...UPSTREAM_ENV, NODE_OPTIONS: `--import=${FAULTS}` };

/** What fails of many calls, each on a connection of its own, until it is stopped. */
function loadOn(url: string, key: string, callers = 6) {
  let isStopped = false;
  const answers: (WholeAnswer | string)[] = [];
  const times: { readonly atMs: number; readonly ms: number }[] = [];
  const running = Array.from({ length: callers }, async () => {
    while (!isStopped) {
      const atMs = performance.now();
      answers.push(await callWhole({ url, key, body: chat('Hello') }));
      times.push({ atMs, ms: performance.now() - atMs });
      // Enough to see what fails; more would only slow the start of what is waited for.
      await sleep(5);
    }
  });
  return {
    answers,
    times,
    failures: () => answers.filter((one) => typeof one === 'string' || one.status !== 200),
    stop: async () => {
      isStopped = true;
      await Promise.all(running);
    },
  };
}

const pidOf = async (workers: Workers, worker: number): Promise<number> => {
  const found = (await workers.status()).find((one) => one.worker === worker);
  assert.ok(found?.pid != null && found.pid > 0);
  return found.pid;
};

async function slowScene(t: TestContext, limits: string) {
  const over = Promise.withResolvers<void>();
  const upstream = await openUpstream(async (seen, response) => {
    // A call that says so is in its provider's hands when its worker ends.
    if (seen.body.includes('slow')) await over.promise;
    if (!response.destroyed) json(response, 200, completion('fine'));
  });
  t.after(async () => {
    over.resolve();
    await upstream.close();
  });
  const yaml = `${upstreamYaml(upstream)}${BASE}${limits}`;
  const workers = await openWorkers(t, yaml, { env: faultEnv });
  return { workers, upstream, key: workers.folder.key(TENANT).key };
}

test('a worker that is killed takes its own calls with it; what they held is free, and each has an end in the log', async (t) => {
  const { workers, upstream, key } = await slowScene(
    t,
    'limits: [{ name: parallel, per: [key], concurrency: 4 }]',
  );
  const { url } = workers.gateway;
  const slow = Array.from({ length: 4 }, () => callWhole({ url, key, body: chat('slow') }));
  await eventually(() => assert.equal(upstream.seen.length, 4));
  const refused = await callWhole({ url, key, body: chat('one more') });
  assert.ok(typeof refused !== 'string' && refused.status === 429);
  const pid = await pidOf(workers, 1);
  let [ofFirst = 0, ofSecond = 0]: number[] = [];
  await eventually(async () => {
    [ofFirst = 0, ofSecond = 0] = (await workers.status()).map(({ inFlight }) => inFlight);
    assert.equal(ofFirst + ofSecond, 4);
    assert.ok(ofFirst > 0 && ofSecond > 0, 'both take calls');
  });
  process.kill(pid, 'SIGKILL');
  await workers.ready(1);
  // Its slots are free at once, and not at the end of a lease of ninety seconds.
  const more = await Promise.all(
    Array.from({ length: ofFirst }, () => callWhole({ url, key, body: chat('next') })),
  );
  assert.deepEqual(
    new Set(more.map((one) => (typeof one === 'string' ? one : one.status))),
    new Set([200]),
  );
  workers.gateway.kill('SIGKILL');
  await workers.gateway.exited;
  const ended = (await Promise.all(slow)).filter((one) => typeof one === 'string');
  assert.equal(ended.length, 4, 'some with the worker, the others with the gateway');
  const crashed = await crashedIn(workers.folder.auditDir);
  assert.equal(crashed.length, ofFirst);
  assert.deepEqual(new Set(crashed), new Set(['w1']));
});

test('a connection that was on its way to a worker that is killed is cut, and nobody waits with it', async (t) => {
  const workers = await openWorkers(t, `${DEMO}${BASE}guards: []`);
  const { key } = workers.folder.key(TENANT);
  const { url } = workers.gateway;
  const pid = await pidOf(workers, 1);
  // It takes nothing any more, and the owner does not know: what it is handed stays on the way.
  process.kill(pid, 'SIGSTOP');
  const answers: (WholeAnswer | string)[] = [];
  const asking = Array.from({ length: 6 }, async () =>
    answers.push(await callWhole({ url, key, body: chat('Hello') })),
  );
  await eventually(() => assert.equal(answers.length, 5));
  assert.ok(answers.every((one) => typeof one !== 'string' && one.status === 200));
  process.kill(pid, 'SIGKILL');
  await eventually(() => assert.equal(answers.length, 6));
  assert.ok(typeof answers[5] === 'string', "it was nobody's to answer");
  await Promise.all(asking);
});

/** By whom calls were running whose end nobody knows. */
async function crashedIn(auditDir: string): Promise<readonly string[]> {
  const writers: string[] = [];
  for await (const { record } of readRecords(auditDir)) {
    if (record.decision === 'crash_unknown') writers.push(record.writer);
  }
  return writers;
}

test('logs of workers that there are no more are ended by whoever has the folder next', async (t) => {
  const { workers, upstream, key } = await slowScene(t, '');
  const { url } = workers.gateway;
  const slow = Array.from({ length: 4 }, () => callWhole({ url, key, body: chat('slow') }));
  await eventually(() => assert.equal(upstream.seen.length, 4));
  workers.gateway.kill('SIGKILL');
  await workers.gateway.exited;
  await Promise.all(slow);
  // Workers end with their owner: the logs are nobody's.
  const { folder } = workers;
  const text = `version: 1\ndataDir: ${join(folder.dir, 'data')}\n${upstreamYaml(upstream)}${BASE}
server: { listen: "127.0.0.1:0", workers: 1 }\nadmin: { listen: "127.0.0.1:0" }\n`;
  writeFileSync(folder.config, text);
  const alone = await eventually(() => folder.start());
  const metrics = await (await fetch(`${alone.adminUrl}/metrics`)).text();
  assert.match(metrics, /^llmproxy_workers\{state="ready"\} 0$/mu);
  alone.kill('SIGTERM');
  await alone.exited;
  const writers = await crashedIn(folder.auditDir);
  assert.equal(writers.length, 4);
  assert.deepEqual([...new Set(writers)].toSorted(), ['w1', 'w2']);
  assert.equal(verifyLog(folder.auditDir).exit, 0);
  const { out } = folder.run('usage', 'export', '--format', 'jsonl');
  assert.match(out, /"requests":4\b/u);
});

test('RST-04: a worker that is out of memory ends alone, and another is there within seconds', async (t) => {
  const workers = await openWorkers(t, `${DEMO}${BASE}guards: []`, {
    env: faultEnv,
    server: 'workerHeapBytesMax: 268435456',
  });
  const { key } = workers.folder.key(TENANT);
  const load = loadOn(workers.gateway.url, key);
  await eventually(() => assert.ok(load.answers.length > 100), 20_000);
  const pid = await pidOf(workers, 2);
  const bombMs = performance.now();
  process.kill(pid, 'SIGUSR2');
  await eventually(async () => {
    const now = await workers.status();
    assert.ok(
      now.some(({ restarts }) => restarts === 1),
      'it was begun again',
    );
  }, 30_000);
  const deadMs = performance.now();
  await workers.ready(1);
  const readyMs = performance.now() - deadMs;
  await sleep(500);
  await load.stop();
  // At most what the six callers had on their way to the one that ended.
  assert.ok(load.failures().length <= 6, JSON.stringify(load.failures().slice(0, 8)));
  const others = load.times.filter(({ atMs }) => atMs > bombMs).map(({ ms }) => ms);
  t.diagnostic(
    `RST-04 failures ${load.failures().length} of ${load.answers.length}, out of memory after ${Math.round(deadMs - bombMs)} ms, ready ${Math.round(readyMs)} ms later, calls meanwhile ${others.length}`,
  );
  assert.match(workers.gateway.stderr(), /worker-ended/u);
  assert.ok(readyMs < 10_000, `${readyMs}`);
});

test('a worker that hangs is ended, and nobody waits for it for long', async (t) => {
  const workers = await openWorkers(t, `${DEMO}${BASE}guards: []`);
  const { key } = workers.folder.key(TENANT);
  const { url } = workers.gateway;
  const pid = await pidOf(workers, 1);
  process.kill(pid, 'SIGSTOP');
  const load = loadOn(url, key, 4);
  await eventually(async () => {
    const now = await workers.status();
    assert.ok(
      now.some(({ restarts }) => restarts === 1),
      'it was begun again',
    );
  }, 30_000);
  await workers.ready(1);
  await load.stop();
  assert.match(workers.gateway.stderr(), /worker-hangs/u);
  // Those who were handed to it end with it; everybody else was answered meanwhile.
  assert.ok(load.failures().length <= 4, JSON.stringify(load.failures().slice(0, 6)));
  assert.ok(load.answers.length > 50, String(load.answers.length));
});

async function crashLoop(t: TestContext): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-dies-'));
  t.after(() => rmSync(dir, { recursive: true, force: true }));
  const dies = join(dir, 'dies');
  const workers = await openWorkers(t, `${DEMO}${BASE}guards: []`, {
    env: { ...faultEnv, TEST_DIES_WHILE: dies },
  });
  const { gateway, folder } = workers;
  const { key } = folder.key(TENANT);
  const load = loadOn(gateway.url, key, 4);
  writeFileSync(dies, '');
  process.kill(await pidOf(workers, 2), 'SIGKILL');
  const ready = async (): Promise<number> => (await fetch(`${gateway.adminUrl}/readyz`)).status;
  await eventually(async () => assert.equal(await ready(), 503), 20_000);
  const at = load.answers.length;
  await sleep(3_000);
  assert.ok(load.answers.length > at + 20, 'the other one goes on');
  const begun = (await workers.status()).find(({ worker }) => worker === 2)?.restarts ?? 0;
  assert.ok(begun >= 3 && begun <= 5, `${begun} within a few seconds`);
  rmSync(dies);
  await workers.ready(begun + 1);
  await load.stop();
  assert.ok(load.failures().length <= 4, JSON.stringify(load.failures().slice(0, 6)));
}

// When one is begun again is `src/runtime/workers/restarts.test.ts` in every `npm test`; here it is half a minute.
if (IS_FULL) {
  test(
    'RST-03: one that ends at its start is begun ever less often, readiness says so, and the others go on',
    crashLoop,
  );
}
