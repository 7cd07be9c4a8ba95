import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LEASE_MS, moneyOf, slotOf, TestClock, tokensOf } from '../counter-store.contract.ts';
import type { Demand } from '../limiter.ts';
import { type AwayPolicy, LocalShare } from './local-share.ts';

const SOFT: AwayPolicy = { limits: 'soft', budgets: 'soft' };

function admitted(share: LocalShare, demands: readonly Demand[], asks: number): number {
  let held = 0;
  for (let ask = 0; ask < asks; ask += 1) {
    if (share.reserve(`a${ask}`, demands, LEASE_MS).kind === 'held') held += 1;
  }
  return held;
}

test('lets a share of each limit through, rounded down: never the whole', () => {
  const clock = new TestClock();
  for (const [instances, expected] of [
    [1, 10],
    [2, 5],
    [3, 3],
    [10, 1],
    [11, 0],
  ] as const) {
    assert.equal(admitted(new LocalShare(SOFT, clock, instances), [slotOf('s', 10)], 20), expected);
    const tokens = [tokensOf('t', 10, 1)];
    assert.equal(admitted(new LocalShare(SOFT, clock, instances), tokens, 20), expected);
  }
});

test('what is denied is denied as a whole, and a budget that only tells refuses nobody', () => {
  const deny = new LocalShare({ limits: 'soft', budgets: 'deny' }, new TestClock(), 2);
  assert.equal(admitted(deny, [slotOf('s', 10), moneyOf('m', 100, 1)], 5), 0);
  assert.equal(admitted(deny, [slotOf('s', 10), moneyOf('n', 1, 50, false)], 20), 5);
  const strict = new LocalShare({ limits: 'deny', budgets: 'soft' }, new TestClock(), 2);
  assert.equal(admitted(strict, [slotOf('s', 10)], 5), 0);
});

test('a budget begins with a share of what the ledger says, asked of the whole', () => {
  const share = new LocalShare(SOFT, new TestClock(), 2);
  const money = moneyOf('m', 100, 10);
  const asked = share.reserve('one', [money], LEASE_MS);
  assert.ok(asked.kind === 'unseeded');
  assert.deepEqual(asked.demands, [money], 'as it was asked, with the whole amount');
  share.seed([{ demand: money, spent: 61, carried: 0 }]);
  assert.equal(admitted(share, [money], 5), 1, '50 - 31 leaves 19: one of 10');
});
