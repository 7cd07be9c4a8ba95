import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Principal } from '#domain/principal.ts';
import { Cancellation } from '#stdx/cancellation.ts';

import { RunningCall, RunningCalls } from './running-calls.ts';

const principalOf = (tenant: string, user: string | null, keyId: string | null): Principal => ({
  tenant,
  user,
  keyId,
  team: null,
  serviceAccount: null,
  roles: [],
  claims: {},
  scope: null,
  parent: null,
  run: null,
  provenBy: keyId === null ? 'jwt' : 'api-key',
});

test('callers without keys are told apart: ending one ends no other, of any tenant', () => {
  const running = new RunningCalls();
  const callers = [
    principalOf('acme', 'mallory', null),
    principalOf('other', 'bob', null),
    principalOf('other', 'mallory', null),
    principalOf('acme', null, null),
    principalOf('acme', 'mallory', 'k1'),
    principalOf('acme', 'mallory', 'k2'),
  ];
  const calls = callers.flatMap((principal) =>
    [1, 2].map(() => new RunningCall(principal, new Cancellation())),
  );
  for (const call of calls) running.add(call);
  assert.equal(running.principals().length, callers.length);
  for (const principal of callers) {
    // A proof that was made again is another object, and the same caller.
    assert.equal(running.endOf({ ...principal }, new Error('over')), 2);
    const over = calls.filter(({ cancellation }) => cancellation.isCancelled);
    assert.deepEqual(
      over.map((call) => call.principal),
      [principal, principal],
    );
    for (const call of over) {
      running.remove(call);
      calls.splice(calls.indexOf(call), 1);
    }
  }
});
