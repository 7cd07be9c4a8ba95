/** What every store promises about sessions, beside what it promises of every record. */
import assert from 'node:assert/strict';

import type { SessionRecord } from './people-records.ts';
import { type OutboxEntry, SESSIONS_PER_OWNER_MAX, type Storage } from './storage.ts';

const sessionOf = (id: string, createdMs: number, owner: string): SessionRecord => ({
  id,
  owner,
  account: null,
  login: 'ann',
  role: 'viewer',
  tenant: null,
  proof: 'oidc',
  sidHash: `sid-${owner}`,
  settings: null,
  createdMs,
  seenMs: createdMs,
  endsMs: createdMs + 1_000,
  version: 1,
});

type WithStore = (title: string, run: (store: Storage) => Promise<void>) => void;

export function peopleContract(withStore: WithStore, entry: () => OutboxEntry): void {
  const add = (store: Storage, record: SessionRecord) =>
    store.change(entry(), (tx) => tx.sessions.insert(record));

  withStore(
    'sessions are found by owner and by sid, the newest first, and not too many',
    async (store) => {
      for (let count = 0; count < SESSIONS_PER_OWNER_MAX * 2 + 5; count += 1) {
        await add(store, sessionOf(`s${count}`, 1_000 + count, 'ann'));
      }
      await add(store, sessionOf('other', 1, 'bob'));
      const found = await store.people.sessionsOf('ann');
      assert.equal(found.length, SESSIONS_PER_OWNER_MAX * 2);
      assert.equal(found[0]?.id, `s${SESSIONS_PER_OWNER_MAX * 2 + 4}`);
      const ofSid = await store.people.sessionsOfSid('sid-bob');
      assert.deepEqual(
        ofSid.map(({ id }) => id),
        ['other'],
      );
      assert.deepEqual(await store.people.sessionsOf("x' OR '1'='1"), []);
    },
  );

  withStore(
    'a use is noted without a record or a new version, and never back in time',
    async (store) => {
      await add(store, sessionOf('s', 1_000, 'ann'));
      const before = (await store.outbox.pending(10)).length;
      await store.people.saw('s', 1_500);
      await store.people.saw('s', 1_400);
      await store.people.saw('nobody', 1_400);
      const seen = await store.sessions.find('s');
      assert.deepEqual([seen?.seenMs, seen?.version], [1_500, 1]);
      assert.equal((await store.outbox.pending(10)).length, before);
    },
  );

  withStore('what is over or idle is forgotten, and nothing else', async (store) => {
    await add(store, sessionOf('over', 0, 'ann'));
    await add(store, sessionOf('idle', 900, 'ann'));
    await add(store, sessionOf('live', 900, 'ann'));
    await store.people.saw('live', 1_100);
    await store.people.forget(1_200, 200);
    assert.deepEqual(
      (await store.people.sessionsOf('ann')).map(({ id }) => id),
      ['live'],
    );
  });
}
