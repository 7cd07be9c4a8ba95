import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import fc from 'fast-check';

import { plainUsage, type Price, type Usage } from '#domain/money.ts';

import { costOf } from './cost.ts';

/** All prices and counts within what the lists and the dialects let through. */
const picoUsd = fc.integer({ min: 0, max: 1_000_000_000_000 });
const nanoUsd = fc.integer({ min: 0, max: 1_000_000_000_000 });
const tokens = fc.oneof(
  fc.integer({ min: 0, max: 1_000_000_000 }),
  fc.integer({ min: 0, max: 50 }),
);

const prices: fc.Arbitrary<Price> = fc.record({
  inputPicoUsdPerToken: picoUsd,
  outputPicoUsdPerToken: picoUsd,
  cacheReadPicoUsdPerToken: picoUsd,
  cacheWritePicoUsdPerToken: picoUsd,
  cacheWriteLongPicoUsdPerToken: picoUsd,
  reasoningPicoUsdPerToken: picoUsd,
  imageNanoUsd: nanoUsd,
  hostedToolCallNanoUsd: nanoUsd,
  version: fc.constant('v'),
});

/** What is disjoint, so that one more of any is one more of something. */
const kinds = fc.record({
  plainInput: tokens,
  read: tokens,
  writtenShort: tokens,
  writtenLong: tokens,
  plainOutput: tokens,
  reasoning: tokens,
  calls: fc.integer({ min: 0, max: 10_000 }),
  images: fc.integer({ min: 0, max: 1_000 }),
});
type Kinds = typeof kinds extends fc.Arbitrary<infer T> ? T : never;

const usageOf = (of: Kinds): Usage => ({
  inputTokens: of.plainInput + of.read + of.writtenShort + of.writtenLong,
  outputTokens: of.plainOutput + of.reasoning,
  cacheReadTokens: of.read,
  cacheWriteTokens: of.writtenShort + of.writtenLong,
  cacheWriteLongTokens: of.writtenLong,
  reasoningTokens: of.reasoning,
  hostedToolCalls: of.calls,
  source: 'provider',
});

const cost = (of: Kinds, price: Price): number => costOf(usageOf(of), price, of.images) ?? -1;

/** The same sum, written once more, over one denominator and without a bound. */
function oracle(of: Kinds, price: Price): bigint {
  const pico =
    BigInt(of.plainInput) * BigInt(price.inputPicoUsdPerToken) +
    BigInt(of.read) * BigInt(price.cacheReadPicoUsdPerToken) +
    BigInt(of.writtenShort) * BigInt(price.cacheWritePicoUsdPerToken) +
    BigInt(of.writtenLong) * BigInt(price.cacheWriteLongPicoUsdPerToken) +
    BigInt(of.plainOutput) * BigInt(price.outputPicoUsdPerToken) +
    BigInt(of.reasoning) * BigInt(price.reasoningPicoUsdPerToken) +
    BigInt(of.images) * BigInt(price.imageNanoUsd) * 1_000n +
    BigInt(of.calls) * BigInt(price.hostedToolCallNanoUsd) * 1_000n;
  const nano = pico / 1_000n + (pico % 1_000n === 0n ? 0n : 1n);
  const most = BigInt(Number.MAX_SAFE_INTEGER);
  return nano < most ? nano : most;
}

const PLAIN: Price = {
  inputPicoUsdPerToken: 37_500,
  outputPicoUsdPerToken: 150_000,
  cacheReadPicoUsdPerToken: 3_625,
  cacheWritePicoUsdPerToken: 46_875,
  cacheWriteLongPicoUsdPerToken: 75_000,
  reasoningPicoUsdPerToken: 150_000,
  imageNanoUsd: 0,
  hostedToolCallNanoUsd: 10_000_000,
  version: 'v',
};

describe('the cost of a call', () => {
  test('is what exact arithmetic says, rounded up once', () => {
    fc.assert(
      fc.property(kinds, prices, (of, price) => {
        assert.equal(BigInt(cost(of, price)), oracle(of, price));
      }),
    );
  });

  test('never falls when there is more of anything', () => {
    const keys = fc.constantFrom<keyof Kinds>(
      'plainInput',
      'read',
      'writtenShort',
      'writtenLong',
      'plainOutput',
      'reasoning',
      'calls',
      'images',
    );
    const check = fc.property(kinds, prices, keys, tokens, (of, price, key, more) => {
      assert.ok(cost({ ...of, [key]: of[key] + more }, price) >= cost(of, price));
    });
    fc.assert(check);
  });

  test('is never below its input part, and never negative or inexact', () => {
    fc.assert(
      fc.property(kinds, prices, (of, price) => {
        const input = { ...of, plainOutput: 0, reasoning: 0, calls: 0, images: 0 };
        const whole = cost(of, price);
        assert.ok(whole >= cost(input, price) && cost(input, price) >= 0);
        assert.ok(Number.isSafeInteger(whole));
      }),
    );
  });

  test('one token of the cheapest model is not free', () => {
    assert.equal(costOf(plainUsage(1, 0, 'counted'), PLAIN), 38);
    // Two calls of a token each cost 76; one call of two tokens is rounded once.
    assert.equal(costOf(plainUsage(2, 0, 'counted'), PLAIN), 75);
  });

  test('every part has its own price', () => {
    const usage = usageOf({
      plainInput: 1_000,
      read: 10_000,
      writtenShort: 2_000,
      writtenLong: 500,
      plainOutput: 100,
      reasoning: 50,
      calls: 3,
      images: 0,
    });
    const input = 37_500 + 36_250 + 93_750 + 37_500;
    assert.equal(costOf(usage, PLAIN), input + 22_500 + 30_000_000);
  });

  test('an unknown price is not zero', () => {
    assert.equal(costOf(plainUsage(1, 1, 'provider'), null), null);
  });

  test('parts that are more than their whole cost no less than the whole', () => {
    const lie = { ...plainUsage(10, 5, 'provider'), cacheReadTokens: 0, reasoningTokens: 9 };
    assert.ok((costOf(lie, PLAIN) ?? 0) >= (costOf(plainUsage(10, 5, 'provider'), PLAIN) ?? 0));
  });
});
