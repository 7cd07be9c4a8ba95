/** The owner's side of workers, over processes that a test plays. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { configSchema } from '#config/config.ts';
import { TestClock } from '#policy/limiters/counter-store.contract.ts';
import { MemoryCounters } from '#policy/limiters/memory/memory-counters.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { Metrics } from '#telemetry/metrics.ts';

import { eventually } from '../../../tests/support/programs.ts';
import { channelAt, wires } from '../../../tests/support/wires.ts';
import type { Source } from '../source.ts';
import type { Channel } from './channel.ts';
import { Crew } from './crew.ts';
import type { OwnerAnswerers, StartOrder, WorkerAnswerers } from './protocol.ts';
import { WorkerLogs } from './seat.ts';
import { inFlightOf } from './shown.ts';

/** What a worker of the test does when it is asked. */
interface Acting {
  readonly start: WorkerAnswerers['start'];
  readonly apply: WorkerAnswerers['apply'];
}

const sourceOf = (hash: string): Source => ({
  config: configSchema.parse({ guards: [] }),
  hash,
  secretsAt: new Set(),
  path: null,
  tree: {},
});

const serves: WorkerAnswerers['start'] = ({ port }) =>
  Promise.resolve({
    ok: true,
    host: '127.0.0.1',
    port: port === 0 ? 4_000 : port,
    url: 'http://w',
  });
const takes: WorkerAnswerers['apply'] = () => Promise.resolve({ applied: true, problems: [] });

function scene(
  t: TestContext,
  acting: (worker: number, time: number) => Partial<Acting> = () => ({}),
) {
  const lines: string[] = [];
  const begun: { readonly worker: number; readonly owner: Channel<OwnerAnswerers>; end(): void }[] =
    [];
  const orders: StartOrder[] = [];
  const told: unknown[] = [];
  let source = sourceOf('one');
  const crew = new Crew({
    count: 2,
    fork: (worker) => {
      const { ends, cut } = wires();
      const time = begun.filter((one) => one.worker === worker).length;
      const { start = serves, apply = takes } = acting(worker, time);
      const owner = channelAt<OwnerAnswerers>(ends[1], {
        start: (order: StartOrder) => {
          orders.push(order);
          return start(order);
        },
        apply,
        stop: () => Promise.resolve(),
        breaker: (what: unknown) => told.push([worker, what]),
      });
      let onExit = (_how: string): void => {};
      let isOver = false;
      const end = (): void => {
        if (isOver) return;
        isOver = true;
        cut();
        onExit('SIGKILL');
      };
      begun.push({ worker, owner, end });
      return {
        pid: begun.length,
        wire: ends[0],
        kill: end,
        onExit: (listener) => {
          onExit = listener;
        },
      };
    },
    counters: new MemoryCounters(new TestClock()),
    onCrossing: () => {},
    logs: new WorkerLogs(['w1', 'w2']),
    source: () => source,
    searchesPorts: false,
    version: '0',
    replaysSinceMs: 0,
    isSpoolFull: () => true,
    log: { write: (_level, event, fields) => void lines.push(`${event} ${fields?.worker}`) },
    heard: { claim: () => 'new', alert: () => {}, misuse: () => {} },
    decisionHere: () => null,
  });
  t.after(() => crew.stop(0, 0));
  const change = (hash: string): void => {
    source = sourceOf(hash);
  };
  return { crew, lines, begun, orders, told, change };
}

test('the port that the first one found is asked for by the others, and by who takes its place', async (t) => {
  const { crew, orders, begun, lines } = scene(t);
  assert.equal(await crew.start(), 'http://w');
  assert.deepEqual(
    orders.map(({ worker, port, isSpoolFull }) => [worker, port, isSpoolFull]),
    [
      [1, 8_080, true],
      [2, 8_080, true],
    ],
  );
  begun[1]?.end();
  await eventually(() => assert.equal(crew.status()[1]?.restarts, 1));
  await eventually(() => assert.equal(crew.status()[1]?.state, 'ready'));
  assert.equal(orders.at(-1)?.port, 8_080);
  assert.ok(lines.includes('worker-ended w2'));
  assert.equal(crew.unready(), null);
});

test('a configuration that came into force while one was starting is given to it', async (t) => {
  const applied: string[] = [];
  const { crew, begun, change } = scene(t, (worker, time) => ({
    start: async (order) => {
      if (worker === 2 && time === 1) change('two');
      return await serves(order);
    },
    apply: ({ hash }) => {
      applied.push(`${worker}: ${hash}`);
      return Promise.resolve({ applied: true, problems: [] });
    },
  }));
  await crew.start();
  begun[1]?.end();
  await eventually(() => assert.deepEqual(applied, ['2: two']));
});

test('one that does not take a configuration is ended, and another takes its place', async (t) => {
  const { crew, lines, change } = scene(t, (worker, time) => ({
    apply: () =>
      Promise.resolve(
        worker === 2 && time === 0
          ? { applied: false, problems: ['a file is gone'] }
          : { applied: true, problems: [] },
      ),
  }));
  await crew.start();
  change('two');
  await crew.apply();
  assert.ok(lines.includes('worker-not-applied w2'));
  await eventually(() => assert.equal(crew.status()[1]?.restarts, 1));
  assert.equal(crew.status()[0]?.restarts, 0);
});

test('a start that would never succeed says why, and what a worker breaks is told to the others', async (t) => {
  const bad = scene(t, () => ({
    start: () => Promise.resolve({ ok: false, path: ['server'], problem: 'port 1 is taken' }),
  }));
  await assert.rejects(bad.crew.start(), (thrown: unknown) => {
    assert.ok(thrown instanceof ConfigProblem);
    assert.equal(thrown.message, 'port 1 is taken');
    return true;
  });
  const { crew, begun, told } = scene(t);
  await crew.start();
  const turn = { kind: 'closed' } as const;
  begun[0]?.owner.tell('breaker', { deployment: 'd', turn });
  await eventually(() => assert.deepEqual(told, [[2, { deployment: 'd', turn }]]));
});

test('what one has counted that is gone stays counted', async (t) => {
  const { crew, begun } = scene(t);
  await crew.start();
  const metrics = new Metrics();
  metrics.counter('calls', 'Calls.').add({}, 7);
  metrics.gauge('in_flight', 'Now.', () => 3, 'sum');
  begun[0]?.owner.tell('state', { inFlight: 3, breakers: [], metrics: metrics.snapshot() });
  await eventually(() => assert.equal(inFlightOf(crew.members), 3));
  begun[0]?.end();
  await eventually(() => assert.equal(inFlightOf(crew.members), 0));
  const all = new Metrics();
  all.others = () => crew.families();
  const named = (name: string) => all.snapshot().find((family) => family.name === name);
  const calls = named('calls');
  assert.deepEqual(calls?.type === 'counter' ? calls.values : null, [{ labels: {}, value: 7 }]);
  assert.equal(named('in_flight'), undefined);
});
