import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import type { Principal } from '#domain/principal.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { systemClock } from '#stdx/clock.ts';

import { Door, type Standing } from './door.ts';
import { Gate } from './gate.ts';
import { FixedLimit } from './limit.ts';
import type { Stage } from './stage.ts';

const principalOf = (tenant: string): Principal => ({
  tenant,
  team: null,
  user: null,
  serviceAccount: null,
  keyId: null,
  roles: [],
  claims: {},
  provenBy: 'jwt',
  scope: null,
  parent: null,
  run: null,
});

function scene(stage: Stage, places = 1) {
  const sheds: string[] = [];
  const ports = { clock: systemClock, every: () => () => {}, waited: () => {} };
  const standings = new Map<string, Standing>([
    ['heavy', { weight: 5, callClass: 'interactive' }],
    ['nightly', { weight: 1, callClass: 'batch' }],
  ]);
  const door = new Door({
    gate: new Gate(
      new FixedLimit(places),
      { waitersMax: 0, waitMaxMs: 1_000, targetMs: 100 },
      ports,
    ),
    stage: () => stage,
    standings,
    shed: (reason, callClass) => sheds.push(`${reason} ${callClass}`),
  });
  const enter = (tenant: string, ...rawHeaders: string[]) => {
    const entered = door.enter(
      { rawHeaders, cancellation: new Cancellation() },
      principalOf(tenant),
    );
    assert.ok(!(entered instanceof Promise));
    return entered;
  };
  const classOf = (tenant: string, ...rawHeaders: string[]): string => {
    const entered = enter(tenant, ...rawHeaders);
    if (!entered.ok) return 'refused';
    const { callClass } = entered.value.claim;
    entered.value.leave();
    return callClass;
  };
  return { enter, classOf, sheds };
}

describe('the door', () => {
  test('a header lowers a call and raises none', () => {
    const { classOf } = scene('normal');
    assert.equal(classOf('acme'), 'interactive');
    assert.equal(classOf('acme', 'X-LLMProxy-Class', ' Batch '), 'batch');
    assert.equal(classOf('acme', 'x-llmproxy-class', 'health'), 'interactive');
    assert.equal(classOf('nightly'), 'batch');
    assert.equal(classOf('nightly', 'x-llmproxy-class', 'interactive'), 'batch');
    const both = ['x-llmproxy-class', 'interactive', 'x-llmproxy-class', 'batch'];
    assert.equal(classOf('acme', ...both), 'batch');
  });

  test('the weight is that of the tenant, and 1 where nobody has said', () => {
    const { enter } = scene('normal', 2);
    for (const [tenant, weight] of [
      ['heavy', 5],
      ['acme', 1],
    ] as const) {
      const entered = enter(tenant);
      assert.ok(entered.ok);
      assert.equal(entered.value.claim.weight, weight);
    }
  });

  test('stages refuse batch first, then everybody', () => {
    const stages: readonly (readonly [Stage, string, string])[] = [
      ['normal', 'interactive', 'batch'],
      ['no-keep-alive', 'interactive', 'batch'],
      ['shed-batch', 'interactive', 'refused'],
      ['shed', 'refused', 'refused'],
      ['reset', 'refused', 'refused'],
    ];
    for (const [stage, people, batch] of stages) {
      const { classOf } = scene(stage);
      assert.deepEqual([classOf('acme'), classOf('nightly')], [people, batch], stage);
    }
  });

  test('who finds no place is told why, and it is counted', () => {
    const { enter, sheds } = scene('normal');
    assert.ok(enter('acme').ok);
    assert.deepEqual(enter('nightly'), {
      ok: false,
      error: { reason: 'gateway-overloaded', because: 'full' },
    });
    assert.deepEqual(sheds, ['full batch']);
  });
});
