import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { AuditDraft } from '#audit/record.ts';
import type { Ledger } from '#storage/ledger.ts';

import { LedgerFeed } from './ledger-feed.ts';

type Logged = AuditDraft & { readonly seq: number };

const ended = (seq: number): Logged => ({
  seq,
  kind: 'complete',
  requestId: `req_${seq}`,
  tenant: 'acme',
  model: 'm',
  decision: 'allow',
  reservation: { id: `req_${seq}`, atMs: 1, estimateNanoUsd: 1, estimateTokens: 1 },
});

/** A ledger that can be away, a log that is always there, and no timers. */
function scene(queuedMax: number) {
  const log: Logged[] = [];
  const lines = new Set<string>();
  let [position, isAway] = [0, false];
  const ledger = {
    add: (
      entries: readonly { readonly id: string }[],
      at: { readonly seq: number; readonly after: number } | null,
    ) => {
      if (isAway) return Promise.reject(new Error('away'));
      if (at !== null && position < at.after) return Promise.resolve(null);
      for (const { id } of entries) lines.add(id);
      position = Math.max(position, at?.seq ?? 0);
      return Promise.resolve(entries.length);
    },
    position: () => Promise.resolve(position),
  } as unknown as Ledger;
  const feed = new LedgerFeed({
    ledger,
    writer: 'main',
    timers: { after: () => () => {} },
    recordsAfter: async function* after(seq) {
      await Promise.resolve();
      for (const record of log) if (record.seq > seq) yield record;
    },
    onFault: () => {},
    onSetBack: () => {},
    queuedMax,
  });
  const call = (): void => {
    const record = ended(log.length + 1);
    log.push(record);
    feed.note(record, record.seq);
  };
  /** Another server takes over, which has nothing of what came behind this record. */
  const setBack = (seq: number): void => {
    position = seq;
    for (const { seq: own, requestId = '' } of log) if (own > seq) lines.delete(requestId);
  };
  return { feed, call, lines, log, setBack, away: (is: boolean) => void (isAway = is) };
}

test('what does not fit the queue is read from the log when the ledger is back, all of it', async () => {
  const { feed, call, lines, log, away } = scene(50);
  away(true);
  for (let index = 0; index < 80; index += 1) call();
  await assert.rejects(feed.flush());
  for (let index = 0; index < 40; index += 1) call();
  away(false);
  const flushing = feed.flush();
  for (let index = 0; index < 20; index += 1) call();
  await flushing;
  for (let index = 0; index < 5; index += 1) call();
  await feed.flush();
  assert.equal(lines.size, log.length);
});

test('what a failover of the server took from the ledger is read from the log again', async () => {
  const { feed, call, lines, log, setBack } = scene(50);
  await feed.catchUp();
  for (let index = 0; index < 8; index += 1) call();
  await feed.flush();
  setBack(5);
  for (let index = 0; index < 2; index += 1) call();
  await feed.flush();
  assert.equal(lines.size, 10);
  // Nothing new came: whoever asks for sums, as shared counters do that have lost theirs, has all of it.
  setBack(3);
  await feed.flush();
  assert.equal(lines.size, 10);
  setBack(0);
  assert.equal(await feed.catchUp(), 10);
  assert.deepEqual(lines, new Set(log.map(({ requestId }) => requestId)));
});

test('what a start charged for a crash is known once, however often the log is read', async () => {
  const { feed, log, setBack } = scene(50);
  const cut = { ...ended(1), decision: 'crash_unknown' };
  log.push({
    ...cut,
    reservation: { id: 'req_1', atMs: 1, estimateNanoUsd: 40, estimateTokens: 1 },
  });
  const all = { fromMs: 0, toMs: 10, where: {}, models: null };
  for (let time = 0; time < 2; time += 1) {
    await feed.catchUp();
    assert.deepEqual(feed.crashed(all), { calls: 1, nanoUsd: 40 });
    setBack(0);
  }
  assert.deepEqual(feed.crashed({ ...all, where: { tenant: 'other' } }), { calls: 0, nanoUsd: 0 });
});
