import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Cancellation } from './cancellation.ts';

test('tells each listener once, with the first reason', () => {
  const cancellation = new Cancellation();
  const heard: string[] = [];
  const taken = (): void => void heard.push('taken back');
  cancellation.on(({ message }) => heard.push(message));
  cancellation.on(taken);
  cancellation.off(taken);
  cancellation.cancel(new Error('first'));
  cancellation.cancel(new Error('second'));
  assert.deepEqual(heard, ['first']);
  assert.equal(cancellation.reason?.message, 'first');
});

test('a listener that comes late hears it at once', () => {
  const cancellation = new Cancellation();
  assert.equal(cancellation.isCancelled, false);
  cancellation.cancel(new Error('over'));
  let heard = '';
  cancellation.on(({ message }) => (heard = message));
  assert.equal(heard, 'over');
});

test('a signal that is asked for before or after is aborted with the reason', () => {
  const before = new Cancellation();
  const { signal } = before;
  assert.equal(signal.aborted, false);
  before.cancel(new Error('left'));
  assert.equal(signal.aborted, true);
  assert.equal((signal.reason as Error).message, 'left');
  const after = new Cancellation();
  after.cancel(new Error('gone'));
  assert.equal(after.signal.aborted, true);
});
