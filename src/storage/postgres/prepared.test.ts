import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';

import { PostgresFault, type PostgresLink } from './postgres.ts';
import { preparedLink } from './prepared.ts';

/** A server that is there when the test says so. */
function scene() {
  const state = { isThere: false, prepared: 0, asked: 0 };
  const link: PostgresLink = {
    query: () => {
      state.asked += 1;
      return Promise.resolve([]);
    },
    transaction: (run) => run(link.query),
    close: () => Promise.resolve(),
  };
  const prepare = (): Promise<void> => {
    if (!state.isThere) return Promise.reject(new PostgresFault('ECONNREFUSED', 'nobody there'));
    state.prepared += 1;
    return Promise.resolve();
  };
  return { state, link, prepare };
}

test('it opens without its server, and is prepared once by the first step that reaches it', async () => {
  const { state, link, prepare } = scene();
  const opened = await preparedLink(link, prepare);
  await assert.rejects(opened.query('SELECT 1'), /nobody there/u);
  assert.deepEqual(state, { isThere: false, prepared: 0, asked: 0 }, 'nothing is asked before it');
  state.isThere = true;
  await Promise.all([opened.query('SELECT 1'), opened.transaction(() => Promise.resolve(1))]);
  await opened.query('SELECT 1');
  assert.deepEqual(state, { isThere: true, prepared: 1, asked: 2 });
});

test('a server that is there and refuses is not opened', async () => {
  const { link } = scene();
  const wrong = new PostgresFault('28P01', 'a wrong password');
  await assert.rejects(
    preparedLink(link, () => Promise.reject(wrong)),
    wrong,
  );
  const ours = new Fault('internal', 'our bug');
  await assert.rejects(
    preparedLink(link, () => Promise.reject(ours)),
    ours,
  );
});
