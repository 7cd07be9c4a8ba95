/** What every store promises of provisioned users and groups. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { err, ok } from '#stdx/result.ts';

import type { GroupRecord, ProvisionedUser, UserRecord } from './records.ts';
import type { OutboxEntry, Storage } from './storage.ts';

type WithStore = (title: string, run: (store: Storage) => Promise<void>) => void;

const provisionedOf = (id: string, more: Partial<ProvisionedUser> = {}): ProvisionedUser => ({
  id,
  externalId: null,
  isActive: true,
  removedMs: null,
  displayName: null,
  formatted: null,
  givenName: null,
  familyName: null,
  emails: [],
  changedMs: 1,
  ...more,
});

const userOf = (
  id: string,
  provisioned: ProvisionedUser | null,
  more: Partial<UserRecord> = {},
): UserRecord => ({
  id,
  tenant: 'acme',
  team: null,
  name: null,
  status: 'active',
  provisioned,
  createdMs: 1,
  version: 1,
  ...more,
});

const groupOf = (id: string, more: Partial<GroupRecord> = {}): GroupRecord => ({
  id,
  tenant: 'acme',
  displayName: id,
  externalId: null,
  members: [],
  createdMs: 1,
  changedMs: 1,
  version: 1,
  ...more,
});

const TAKEN = err({ reason: 'already-exists' });

export function provisioningContract(withStore: WithStore, entry: () => OutboxEntry): void {
  const insert = (store: Storage, ...users: UserRecord[]) =>
    store.change(entry(), async (tx) => {
      for (const user of users) {
        const done = await tx.users.insert(user);
        if (!done.ok) return done;
      }
      return ok(null);
    });
  const group = (store: Storage, record: GroupRecord) =>
    store.change(entry(), (tx) => tx.groups.insert(record));

  describe('provisioned users and groups', () => {
    withStore('a name is given once in a tenant, and again in another', async (store) => {
      assert.ok((await insert(store, userOf('ann', provisionedOf('u1')))).ok);
      assert.deepEqual(await insert(store, userOf('ann', null)), TAKEN);
      assert.deepEqual(await insert(store, userOf('ANN', provisionedOf('u2'))), TAKEN);
      const other = userOf('ann', provisionedOf('u3'), { tenant: 'other' });
      assert.ok((await insert(store, other)).ok);
      // Administrators may tell users apart by the case of letters; they did before.
      assert.ok((await insert(store, userOf('Ann', null))).ok);
      const named = await store.provisioning.usersNamed('acme', 'aNN');
      assert.deepEqual(named.map(({ id }) => id).sort(), ['Ann', 'ann']);
      assert.equal((await store.users.find('u1'))?.id, 'ann');
      assert.equal(await store.users.find('ann'), null);
    });

    withStore(
      'a group’s name is given once in a tenant, also when it is renamed',
      async (store) => {
        assert.ok((await group(store, groupOf('g1', { displayName: 'One' }))).ok);
        assert.deepEqual(await group(store, groupOf('g2', { displayName: 'ONE' })), TAKEN);
        assert.ok((await group(store, groupOf('g3', { displayName: 'Two' }))).ok);
        const renamed = await store.change(entry(), (tx) =>
          tx.groups.update(groupOf('g3', { displayName: 'one' })),
        );
        assert.deepEqual(renamed, err({ reason: 'stale-version' }));
        assert.equal((await store.groups.find('g3'))?.displayName, 'Two');
        assert.ok((await group(store, groupOf('g4', { displayName: 'One', tenant: 'other' }))).ok);
        assert.deepEqual(
          (await store.provisioning.groupNames()).map(({ id, tenant }) => [id, tenant]),
          [
            ['g1', 'acme'],
            ['g3', 'acme'],
            ['g4', 'other'],
          ],
        );
      },
    );

    withStore(
      'who is locked out: by an administrator, by the provider, by removal',
      async (store) => {
        await insert(
          store,
          userOf('in', provisionedOf('u1')),
          userOf('plain', null),
          userOf('held', null, { status: 'suspended' }),
          userOf('off', provisionedOf('u2', { isActive: false })),
          userOf('gone', provisionedOf('u3', { removedMs: 5 })),
          userOf('both', provisionedOf('u4'), { status: 'suspended', tenant: 'other' }),
        );
        const out = await store.provisioning.lockedOut();
        assert.deepEqual(out.map(({ tenant, user }) => `${tenant}/${user}`).sort(), [
          'acme/gone',
          'acme/held',
          'acme/off',
          'other/both',
        ]);
      },
    );

    withStore('members are users of the group’s tenant who were not removed', async (store) => {
      await insert(
        store,
        userOf('ann', provisionedOf('u1')),
        userOf('gone', provisionedOf('u2', { removedMs: 5 })),
        userOf('eve', provisionedOf('u3'), { tenant: 'other' }),
      );
      await group(store, groupOf('g1', { members: ['u1', 'u2', 'u3', 'u4'] }));
      assert.deepEqual(await store.provisioning.memberNames('g1'), ['ann']);
      assert.deepEqual(await store.provisioning.memberNames('none'), []);
      const groups = await store.provisioning.groupsOf('acme', 'u2');
      assert.deepEqual(
        groups.map(({ id }) => id),
        ['g1'],
      );
      assert.deepEqual(await store.provisioning.groupsOf('other', 'u3'), []);
    });

    withStore('by the id that the provider has, and how many there are', async (store) => {
      await insert(
        store,
        userOf('ann', provisionedOf('u1', { externalId: 'x' })),
        userOf('bob', provisionedOf('u2', { externalId: 'y' })),
        userOf('eve', provisionedOf('u3', { externalId: 'x' }), { tenant: 'other' }),
      );
      await group(store, groupOf('g1'));
      const found = await store.provisioning.usersWithExternalId('acme', 'x');
      assert.deepEqual(
        found.map(({ id }) => id),
        ['ann'],
      );
      assert.deepEqual(await store.provisioning.count('acme'), {
        users: 3,
        usersOfTenant: 2,
        groupsOfTenant: 1,
      });
    });
  });
}
