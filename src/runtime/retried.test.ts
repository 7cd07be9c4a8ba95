import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { retried } from './retried.ts';

/** Work whose every beginning is noted and ended by the test. */
function open(t: TestContext) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const begun: { readonly succeed: () => void; readonly fail: () => void }[] = [];
  let faults = 0;
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      begun.push({ succeed: () => resolve(), fail: () => reject(new Error('busy')) });
    });
  const own = retried(work, () => {
    faults += 1;
  });
  const end = async (index: number, how: 'succeed' | 'fail'): Promise<void> => {
    begun[index]?.[how]();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { own, end, begun: () => begun.length, faults: () => faults };
}

test('work that failed is done again, ever less often, until it succeeds', async (t) => {
  const { own, end, begun, faults } = open(t);
  own.run();
  const waits = [200, 400, 800, 1_600, 3_200, 5_000, 5_000];
  for (const [index, waitMs] of waits.entries()) {
    await end(index, 'fail');
    t.mock.timers.tick(waitMs - 1);
    assert.equal(begun(), index + 1, `not before ${waitMs} ms`);
    t.mock.timers.tick(1);
    assert.equal(begun(), index + 2);
  }
  assert.equal(faults(), waits.length);
  await end(waits.length, 'succeed');
  t.mock.timers.tick(60_000);
  assert.equal(begun(), waits.length + 1, 'what is done is not done again');
  own.run();
  await end(waits.length + 1, 'fail');
  t.mock.timers.tick(200);
  assert.equal(begun(), waits.length + 3, 'the waits begin anew');
});

test('a change goes before the wait, and there is one wait however many fail', async (t) => {
  const { own, end, begun } = open(t);
  own.run();
  await end(0, 'fail');
  own.run();
  own.run();
  assert.equal(begun(), 3);
  await end(1, 'fail');
  t.mock.timers.tick(60_000);
  assert.equal(begun(), 3, 'the one that began last says whether there is a wait');
  await end(2, 'fail');
  t.mock.timers.tick(60_000);
  assert.equal(begun(), 4);
});

test('nothing is done again after the stop', async (t) => {
  const { own, end, begun, faults } = open(t);
  own.run();
  await end(0, 'fail');
  own.run();
  own.stop();
  await end(1, 'fail');
  own.run();
  t.mock.timers.tick(60_000);
  assert.deepEqual([begun(), faults()], [2, 1]);
});
