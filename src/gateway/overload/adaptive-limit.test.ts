import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { AdaptiveLimit } from './adaptive-limit.ts';

const BOUNDS = { min: 4, max: 256 };

/** One window of calls that each took so long, with so many in work. */
function window(limit: AdaptiveLimit, atMs: number, tookMs: number, inFlight: number): number {
  limit.noted(inFlight);
  let nowMs = atMs;
  for (let sample = 0; sample < 16; sample += 1) {
    nowMs += 10;
    limit.answered(true, nowMs, nowMs + tookMs);
  }
  return nowMs + tookMs;
}

describe('a limit that learns', () => {
  test('begins at the top and stays there while calls are as fast as ever', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    let nowMs = 0;
    for (let round = 0; round < 20; round += 1) nowMs = window(limit, nowMs, 50, 200);
    assert.equal(limit.value, BOUNDS.max);
  });

  test('is lowered when even the best call of a window is late, by half at most', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    const nowMs = window(limit, 0, 50, 256);
    window(limit, nowMs, 5_000, 256);
    assert.equal(limit.value, BOUNDS.max / 2);
  });

  test('is not lowered by slow calls beside one that is as fast as ever', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    const nowMs = window(limit, 0, 50, 256);
    limit.noted(256);
    for (let sample = 0; sample < 15; sample += 1) limit.answered(true, nowMs, nowMs + 9_000);
    limit.answered(true, nowMs + 9_000, nowMs + 9_050);
    assert.equal(limit.value, BOUNDS.max);
  });

  test('is not lowered by slow calls while less than half of it is used', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    let nowMs = window(limit, 0, 50, 10);
    for (let round = 0; round < 10; round += 1) nowMs = window(limit, nowMs, 900, 100);
    assert.equal(limit.value, BOUNDS.max);
  });

  test('calls that began before it was lowered do not lower it again', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    const nowMs = window(limit, 0, 50, 256);
    limit.noted(256);
    for (let sample = 0; sample < 64; sample += 1) {
      limit.answered(true, nowMs + sample, nowMs + 5_000 + sample * 20);
    }
    assert.equal(limit.value, BOUNDS.max / 2);
  });

  test('whole answers do not make streams look late, nor streams whole answers', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    let nowMs = window(limit, 0, 50, 256);
    for (let round = 0; round < 5; round += 1) {
      limit.noted(256);
      for (let sample = 0; sample < 16; sample += 1) {
        nowMs += 10;
        limit.answered(false, nowMs - 8_000, nowMs);
      }
    }
    assert.equal(limit.value, BOUNDS.max);
  });

  test('a fault of overload halves it once a second, down to the least', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    for (let call = 0; call < 50; call += 1) limit.overloaded(1_000, 1_000);
    assert.equal(limit.value, 128);
    for (let second = 2; second < 20; second += 1) limit.overloaded(second * 1_000, second * 1_000);
    assert.equal(limit.value, BOUNDS.min);
  });

  test('grows only while all of it is used', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    let nowMs = window(limit, 0, 50, 256);
    limit.overloaded(nowMs, nowMs);
    for (let round = 0; round < 10; round += 1) nowMs = window(limit, nowMs, 50, 100);
    assert.equal(limit.value, 128);
    for (let round = 0; round < 3; round += 1) nowMs = window(limit, nowMs, 50, limit.value);
    assert.equal(limit.value, 153);
  });

  test('where long answers hold every place it grows by the want of one, slowly, and only without bad news', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    for (let second = 1; second < 8; second += 1) limit.overloaded(second * 1_000, second * 1_000);
    assert.equal(limit.value, BOUNDS.min);
    let nowMs = 8_000;
    const wantFor = (seconds: number): void => {
      for (const endMs = nowMs + seconds * 1_000; nowMs < endMs; nowMs += 10) limit.wanted(nowMs);
    };
    wantFor(12);
    assert.equal(limit.value, 16);
    wantFor(30);
    assert.ok(limit.value >= 64 && limit.value <= 100, `${limit.value}`);
    const grown = limit.value;
    limit.answered(true, nowMs, nowMs + 50);
    limit.answered(true, nowMs, nowMs + 500);
    wantFor(60);
    assert.equal(limit.value, grown, 'not while calls are late');
  });

  test('a deployment that has become slower for good is not held to what it was', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    let nowMs = window(limit, 0, 50, 256);
    let least = BOUNDS.max;
    for (let round = 0; round < 80; round += 1) {
      nowMs = window(limit, nowMs, 150, limit.value);
      least = Math.min(least, limit.value);
    }
    assert.equal(least, BOUNDS.min);
    assert.ok(limit.value >= 64, `${limit.value}`);
  });

  test('new bounds keep what was learned; a limit at the top goes to the new top', () => {
    const limit = new AdaptiveLimit(BOUNDS);
    limit.bound({ min: 4, max: 512 });
    assert.equal(limit.value, 512);
    limit.overloaded(1_000, 1_000);
    limit.bound({ min: 4, max: 1_024 });
    assert.equal(limit.value, 256);
    limit.bound({ min: 4, max: 16 });
    assert.equal(limit.value, 16);
  });
});

interface Model {
  /** Calls that the provider works on at once. */
  readonly servers: number;
  /** From the start of the work to the first byte, and from there to the last. */
  readonly firstMs: number;
  readonly restMs: number;
  readonly seed: number;
}

/**
 * A provider with so many servers and a queue of its own, and callers who always want more than the
 * limit lets through. Virtual time; the second minute counts, since the first calls
 * are all in the provider's queue before anything can be learned.
 */
function simulated({ servers, firstMs, restMs, seed }: Model) {
  const limit = new AdaptiveLimit({ min: 2, max: servers * 8 });
  let state = seed;
  const spread = (): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return 0.8 + (state / 2 ** 32) * 0.4;
  };
  /** When each server is free again, and when each call in work ends. */
  const freeMs = Array.from({ length: servers }, () => 0);
  const ends: number[] = [];
  const begun: { readonly atMs: number; readonly startedMs: number }[] = [];
  const limits: number[] = [];
  const tookMs: number[] = [];
  let done = 0;
  for (let nowMs = 0; nowMs < 120_000; nowMs += 1) {
    while ((ends[0] ?? Infinity) <= nowMs) {
      ends.shift();
      if (nowMs > 60_000) done += 1;
    }
    while ((begun[0]?.atMs ?? Infinity) <= nowMs) {
      const { startedMs = 0, atMs = 0 } = begun.shift() ?? {};
      limit.answered(true, startedMs, atMs);
      if (nowMs > 60_000) tookMs.push(atMs - startedMs);
    }
    if (nowMs > 2_000 && ends.length >= limit.value) limit.wanted(nowMs);
    // The first two seconds are quiet: half a load.
    const wanted = nowMs < 2_000 ? Math.min(limit.value, Math.ceil(servers / 2)) : limit.value;
    while (ends.length < wanted) {
      const server = freeMs.indexOf(Math.min(...freeMs));
      const workMs = Math.max(nowMs, freeMs[server] ?? 0);
      const atMs = workMs + firstMs * spread();
      const endMs = atMs + restMs * spread();
      freeMs[server] = endMs;
      insert(ends, endMs);
      begun.push({ atMs, startedMs: nowMs });
      begun.sort((a, b) => a.atMs - b.atMs);
      limit.noted(ends.length);
    }
    if (nowMs > 60_000) limits.push(limit.value);
  }
  limits.sort((a, b) => a - b);
  tookMs.sort((a, b) => a - b);
  const peak = (60_000 * servers) / (firstMs + restMs);
  return {
    medianLimit: limits[Math.floor(limits.length / 2)] ?? 0,
    p99Ms: tookMs[Math.floor(tookMs.length * 0.99)] ?? 0,
    share: done / peak,
  };
}

function insert(sorted: number[], value: number): void {
  let at = sorted.length;
  while (at > 0 && (sorted[at - 1] ?? 0) > value) at -= 1;
  sorted.splice(at, 0, value);
}

test('converges near what a provider can do: little is left unused, and first bytes come in time', () => {
  const models = fc.record({
    servers: fc.integer({ min: 4, max: 48 }),
    firstMs: fc.integer({ min: 20, max: 300 }),
    restMs: fc.integer({ min: 0, max: 600 }),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
  });
  fc.assert(
    fc.property(models, (model) => {
      const { medianLimit, p99Ms, share } = simulated(model);
      const claim = `${JSON.stringify(model)}: ${medianLimit}, p99 ${p99Ms}, share ${share}`;
      assert.ok(share >= 0.7, claim);
      assert.ok(medianLimit <= model.servers * 1.5 + 1, claim);
      // With all servers busy a call that is one too many waits for the end of another one.
      assert.ok(p99Ms <= model.firstMs * 2 + (model.firstMs + model.restMs), claim);
    }),
    { numRuns: 25 },
  );
});
