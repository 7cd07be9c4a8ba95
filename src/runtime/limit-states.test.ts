/** What counters have left, told by the names that they were made of. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { configSchema } from '#config/config.ts';
import { partsOf } from '#policy/limiters/dimensions.ts';
import type { CounterStates, Demand, Subject } from '#policy/limiters/limiter.ts';
import { MemoryCounters } from '#policy/limiters/memory/memory-counters.ts';

import { limitStates } from './limit-states.ts';
import { limitsOf } from './limits.ts';

const config = configSchema.parse({
  providers: { demo: { type: 'demo' } },
  models: { demo: { deployments: [{ provider: 'demo' }] } },
  guards: [],
  limits: [
    { name: 'per-key', per: ['key'], requests: '60/1m', tokens: '1000/1m' },
    { name: 'window', per: ['model'], algorithm: 'sliding-window', requests: '10/1m' },
    { name: 'parallel', per: ['tenant'], concurrency: 5 },
  ],
});

const subject = (tenant: string, key: string) =>
  ({ tenant, key, model: 'fast', tools: [], team: null, user: null }) as unknown as Subject;

function counted(): MemoryCounters {
  const counters = new MemoryCounters({ nowMs: () => 0, monotonicMs: () => 1_000 });
  const estimate = { requests: 1, inputTokens: 40, outputTokens: 60, bytes: 0, nanoUsd: 0 };
  const { limiters } = limitsOf(config, {
    store: { take: () => null },
    later: () => ({}),
  } as never);
  for (const [at, [tenant, key]] of [
    ['acme', 'key_1'],
    ['acme', 'key_1'],
    ['acme', 'a:b-1'],
    ['other', 'key_2'],
  ].entries()) {
    const demands: Demand[] = [];
    for (const limiter of limiters.slice(0, 3))
      limiter.plan(subject(tenant ?? '', key ?? ''), estimate, demands, 0);
    assert.equal(counters.reserve(`r${at}`, demands, 60_000).kind, 'held');
  }
  return counters;
}

const told = (states: CounterStates, tenant: string | null) =>
  limitStates(config.limits, { states, isShared: false }, tenant).map(
    ({ name, unit, counters }) => [
      name,
      unit,
      counters.map(({ names, remaining }) => [...names, remaining]),
    ],
  );

test('each counter says what is left, those with the least first', () => {
  assert.deepEqual(told(counted(), null), [
    [
      'per-key',
      'requests',
      [
        ['acme', 'key_1', 58],
        ['acme', 'a:b-1', 59],
        ['other', 'key_2', 59],
      ],
    ],
    [
      'per-key',
      'tokens',
      [
        ['acme', 'key_1', 800],
        ['acme', 'a:b-1', 900],
        ['other', 'key_2', 900],
      ],
    ],
    ['window', 'requests', [['fast', 6]]],
    [
      'parallel',
      'concurrency',
      [
        ['acme', 2],
        ['other', 4],
      ],
    ],
  ]);
});

test('a tenant is told of its own, and of nothing that all tenants share', () => {
  assert.deepEqual(told(counted(), 'other'), [
    ['per-key', 'requests', [['other', 'key_2', 59]]],
    ['per-key', 'tokens', [['other', 'key_2', 900]]],
    ['window', 'requests', []],
    ['parallel', 'concurrency', [['other', 4]]],
  ]);
});

test('names come out of a counter as they went in, whatever they are', () => {
  const name = fc.option(fc.string({ maxLength: 20 }), { nil: null });
  fc.assert(
    fc.property(fc.array(name, { maxLength: 5 }), (names) => {
      const id = names.map((one) => (one === null ? '-' : `${one.length}:${one}`)).join('');
      assert.deepEqual(partsOf(id), names);
    }),
  );
});
