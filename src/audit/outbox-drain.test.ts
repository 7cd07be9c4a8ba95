import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AuditDraft } from './record.ts';
import { drainOutbox, type OutboxRow } from './outbox-drain.ts';
import { systemTimers } from './timers.ts';

const rowOf = (id: string): OutboxRow => ({
  id,
  at: 1_000,
  actor: 'root',
  action: 'key.create',
  resource: 'key_1',
  tenant: 'acme',
  diff: { name: 'x' },
});

function store(ids: readonly string[]) {
  let rows = ids.map(rowOf);
  const log: AuditDraft[] = [];
  const faults: unknown[] = [];
  const state = { isLogAway: false, isRemoveBroken: false, synced: 0 };
  const outbox = {
    pending: (limit: number) => Promise.resolve(rows.slice(0, limit)),
    async remove(gone: readonly string[]) {
      assert.equal(state.synced, log.length, 'rows leave only after their records are on the disk');
      if (state.isRemoveBroken) throw new Error('the store is away');
      rows = rows.filter(({ id }) => !gone.includes(id));
    },
  };
  const audit = {
    recentAdminIds: [] as readonly string[],
    async append(draft: AuditDraft) {
      if (state.isLogAway) throw new Error('the log is away');
      return log.push(draft);
    },
    async flush() {
      state.synced = log.length;
    },
  };
  const port = { timers: systemTimers, onFault: (thrown: unknown) => faults.push(thrown) };
  return {
    outbox,
    audit,
    port,
    log,
    faults,
    state,
    left: () => rows.length,
    add: (id: string) => void rows.push(rowOf(id)),
  };
}

test('every change becomes one record, in order, and leaves the outbox', async () => {
  const ids = Array.from({ length: 250 }, (_, index) => `out-${index}`);
  const { outbox, audit, port, log, left, add } = store(ids);
  const drain = drainOutbox(outbox, audit, port);
  add('kicked');
  drain.kick();
  await drain.close();
  assert.deepEqual(
    log.map(({ requestId }) => requestId),
    [...ids, 'kicked'],
  );
  assert.equal(left(), 0);
  assert.deepEqual(log[0], {
    kind: 'admin',
    requestId: 'out-0',
    user: 'root',
    action: 'key.create',
    resource: 'key_1',
    tenant: 'acme',
    diff: { name: 'x' },
    first: '1970-01-01T00:00:01.000Z',
  });
});

test('a crash between record and removal writes nothing twice', async () => {
  const { outbox, audit, port, log, state, left, faults } = store(['a', 'b', 'c']);
  state.isRemoveBroken = true;
  await drainOutbox(outbox, audit, port).close();
  assert.equal(faults.length > 0, true);
  assert.equal(left(), 3);
  state.isRemoveBroken = false;
  // A new process knows the ids from the end of the log.
  const recovered = { ...audit, recentAdminIds: log.map(({ requestId }) => requestId ?? '') };
  await drainOutbox(outbox, recovered, port).close();
  assert.deepEqual(
    log.map(({ requestId }) => requestId),
    ['a', 'b', 'c'],
  );
  assert.equal(left(), 0);
});

test('while the log is away the rows stay, and are written when it is back', async () => {
  const { outbox, audit, port, log, state, left } = store(['a', 'b']);
  state.isLogAway = true;
  const drain = drainOutbox(outbox, audit, port);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(left(), 2);
  state.isLogAway = false;
  await drain.close();
  assert.deepEqual(
    log.map(({ requestId }) => requestId),
    ['a', 'b'],
  );
  assert.equal(left(), 0);
});
