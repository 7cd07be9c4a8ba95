import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bounded, UNREAD_MAX } from './bounded.ts';

test('a side that does not read is taken for gone, and one that is slow is not', () => {
  const sents: (() => void)[] = [];
  let overruns = 0;
  const send = bounded(
    (_message, sent) => sents.push(sent),
    () => {
      overruns += 1;
    },
  );
  for (let at = 0; at < UNREAD_MAX; at += 1) send(at);
  assert.equal(overruns, 0);
  for (const sent of sents.splice(0, UNREAD_MAX / 2)) sent();
  for (let at = 0; at < UNREAD_MAX / 2; at += 1) send(at);
  assert.equal(overruns, 0, 'half of it was read');
  send('one more');
  assert.equal(overruns, 1);
});
