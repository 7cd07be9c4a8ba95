/**
 * What the door and the place at a deployment cost a call where there is room, and what a refusal
 * costs where there is none.
 *
 *   node bench/overload.bench.ts
 *
 * Prints one JSON line, in microseconds a call.
 */
import assert from 'node:assert/strict';

import { AdaptiveLimit } from '#gateway/overload/adaptive-limit.ts';
import type { Claim } from '#gateway/overload/claim.ts';
import { Door } from '#gateway/overload/door.ts';
import { Gate, type GatePorts, Slot } from '#gateway/overload/gate.ts';
import { FixedLimit } from '#gateway/overload/limit.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { systemClock } from '#stdx/clock.ts';

const ROUNDS = 30;
const PER_ROUND = 100_000;
const PLACES = 64;

const ports: GatePorts = { clock: systemClock, every: () => () => {}, waited: () => {} };
const bounds = { waitersMax: 0, waitMaxMs: 1_000, targetMs: 100 };
const doorGate = new Gate(new FixedLimit(PLACES), bounds, ports);
const door = new Door({
  gate: doorGate,
  stage: () => 'normal',
  standings: new Map([['acme', { weight: 1, callClass: 'interactive' as const }]]),
  shed: () => {},
});
const deployment = new Gate(new AdaptiveLimit({ min: 4, max: PLACES }), bounds, ports);
const principal = {
  tenant: 'acme',
  team: null,
  user: 'alice',
  serviceAccount: null,
  keyId: 'k',
  roles: [],
  claims: {},
  provenBy: 'api-key' as const,
  scope: null,
  parent: null,
  run: null,
};
const rawHeaders = Array.from({ length: 12 }, (_, index) => [`x-header-${index}`, 'value']).flat();
const comer = { rawHeaders, cancellation: new Cancellation() };
let done = 0;

function served(): void {
  const entered = door.enter(comer, principal);
  assert.ok(!(entered instanceof Promise) && entered.ok);
  const slot = deployment.enter(entered.value.claim, comer.cancellation);
  assert.ok(slot instanceof Slot);
  deployment.answered(true, systemClock.monotonicMs());
  slot.leave();
  entered.value.leave();
  done += 1;
}

function refused(): void {
  const entered = door.enter(comer, principal);
  assert.ok(!(entered instanceof Promise) && !entered.ok);
  done += 1;
}

function measure(one: () => void): { p50: number; min: number } {
  const timesUs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startMs = performance.now();
    for (let index = 0; index < PER_ROUND; index += 1) one();
    timesUs.push(((performance.now() - startMs) * 1_000) / PER_ROUND);
  }
  timesUs.sort((a, b) => a - b);
  const at = (index: number): number => Number((timesUs[index] ?? Number.NaN).toFixed(3));
  return { p50: at(Math.floor(ROUNDS / 2)), min: at(0) };
}

const withRoom = measure(served);
assert.equal(doorGate.inFlight + deployment.inFlight, 0);
const claim: Claim = { tenant: 'acme', weight: 1, callClass: 'interactive' };
for (let place = 0; place < PLACES; place += 1) assert.ok(doorGate.tryEnter(claim) !== null);
const full = measure(refused);
// A benchmark that did not do the work is the fastest of all.
assert.equal(done, ROUNDS * PER_ROUND * 2);
process.stdout.write(`${JSON.stringify({ bench: 'overload', unit: 'µs', withRoom, full })}\n`);
