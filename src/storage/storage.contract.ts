/** What every store promises. Run by each implementation's test. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import { err, ok } from '#stdx/result.ts';

import { heldStatesContract } from './held-states.contract.ts';
import { peopleContract } from './people.contract.ts';
import { pinningContract } from './pinning.contract.ts';
import { provisioningContract } from './provisioning.contract.ts';
import {
  binding,
  held,
  keyOf,
  leave,
  ring,
  role,
  secret,
  serviceAccount,
  team,
  tenantOf,
  token,
  user,
  views,
} from './record-samples.contract.ts';
import type { OutboxEntry, Storage } from './storage.ts';

let entries = 0;
const entry = (): OutboxEntry => {
  entries += 1;
  const id = `out-${String(entries).padStart(6, '0')}`;
  return {
    id,
    at: 1_000 + entries,
    actor: 'root',
    action: 'test',
    resource: 'x',
    tenant: 'acme',
    diff: { n: entries },
  };
};

/** `open` gives a new, empty store each time. */
export function storageContract(name: string, open: () => Promise<Storage>): void {
  const withStore = (title: string, run: (store: Storage) => Promise<void>): void => {
    test(title, async () => {
      const store = await open();
      try {
        await run(store);
      } finally {
        await store.close();
      }
    });
  };

  heldStatesContract(name, withStore);
  pinningContract(name, withStore);
  peopleContract(withStore, entry);
  provisioningContract(withStore, entry);

  describe(`storage contract: ${name}`, () => {
    withStore('keeps every kind of record as it was given', async (store) => {
      const changed = await store.change(entry(), async (tx) => {
        await tx.contentLeaves.insert(leave);
        await tx.holds.insert(held);
        await tx.keyRings.insert(ring);
        await tx.providerSecrets.insert(secret);
        await tx.savedViews.insert(views);
        await tx.keys.insert(keyOf('k1'));
        await tx.tenants.insert(tenantOf('acme'));
        await tx.teams.insert(team);
        await tx.users.insert(user);
        await tx.serviceAccounts.insert(serviceAccount);
        await tx.roles.insert(role);
        await tx.bindings.insert(binding);
        return await tx.adminTokens.insert(token);
      });
      assert.ok(changed.ok);
      assert.deepEqual(await store.keys.find('k1'), keyOf('k1'));
      assert.deepEqual(await store.tenants.find('acme'), tenantOf('acme'));
      assert.deepEqual(await store.teams.find('core'), team);
      assert.deepEqual(await store.users.find('ann'), user);
      assert.deepEqual(await store.serviceAccounts.find('sa1'), serviceAccount);
      assert.deepEqual(await store.roles.find('acme/analyst'), role);
      assert.deepEqual(await store.bindings.find('b1'), binding);
      assert.deepEqual(await store.adminTokens.find('t1'), token);
      assert.deepEqual(await store.keyRings.find('*'), ring);
      assert.deepEqual(await store.savedViews.find('admin:t1'), views);
      assert.deepEqual(await store.contentLeaves.find('l1'), leave);
      assert.deepEqual(await store.holds.find('hld_1'), held);
      assert.deepEqual(await store.providerSecrets.find('acme/openai'), secret);
      assert.equal(await store.keys.find('nobody'), null);
    });

    withStore(
      'writes the outbox row with the change, in order, and removes what was drained',
      async (store) => {
        const [first, second] = [entry(), entry()];
        await store.change(first, async (tx) => await tx.keys.insert(keyOf('k1')));
        await store.change(second, async (tx) => await tx.keys.insert(keyOf('k2')));
        assert.deepEqual(await store.outbox.pending(10), [first, second]);
        assert.deepEqual(await store.outbox.pending(1), [first]);
        await store.outbox.remove([first.id]);
        assert.deepEqual(await store.outbox.pending(10), [second]);
      },
    );

    withStore(
      'a change that is refused or throws leaves neither itself nor its outbox row',
      async (store) => {
        const refused = await store.change(entry(), async (tx) => {
          await tx.keys.insert(keyOf('k1'));
          return err('no');
        });
        assert.deepEqual(refused, err('no'));
        const thrown = store.change(entry(), async (tx) => {
          await tx.keys.insert(keyOf('k2'));
          throw new TypeError('half way');
        });
        await assert.rejects(thrown, TypeError);
        assert.equal(await store.keys.find('k1'), null);
        assert.equal(await store.keys.find('k2'), null);
        assert.deepEqual(await store.outbox.pending(10), []);
        assert.ok(
          (await store.change(entry(), async (tx) => await tx.keys.insert(keyOf('k3')))).ok,
        );
      },
    );

    withStore('nobody sees a change before it is committed', async (store) => {
      await store.change(entry(), async (tx) => {
        await tx.keys.insert(keyOf('k1'));
        assert.equal(await store.keys.find('k1'), null);
        assert.deepEqual(await tx.keys.find('k1'), keyOf('k1'));
        return ok(null);
      });
      assert.deepEqual(await store.keys.find('k1'), keyOf('k1'));
    });

    withStore('of two updates of one version, one wins and the other is told', async (store) => {
      await store.change(entry(), async (tx) => await tx.keys.insert(keyOf('k1')));
      const update = (name: string) =>
        store.change(entry(), async (tx) => await tx.keys.update({ ...keyOf('k1'), name }));
      const [won, lost] = await Promise.all([update('one'), update('two')]);
      assert.deepEqual(won, ok({ ...keyOf('k1'), name: 'one', version: 2 }));
      assert.deepEqual(lost, err({ reason: 'stale-version' }));
      assert.equal((await store.keys.find('k1'))?.name, 'one');
      assert.equal((await store.outbox.pending(10)).length, 2);
      const stale = await store.change(entry(), async (tx) => await tx.keys.remove('k1', 1));
      assert.deepEqual(stale, err({ reason: 'stale-version' }));
      assert.ok((await store.change(entry(), async (tx) => await tx.keys.remove('k1', 2))).ok);
      assert.equal(await store.keys.find('k1'), null);
    });

    withStore('an id is given once', async (store) => {
      await store.change(entry(), async (tx) => await tx.tenants.insert(tenantOf('acme')));
      const again = await store.change(
        entry(),
        async (tx) => await tx.tenants.insert(tenantOf('acme')),
      );
      assert.deepEqual(again, err({ reason: 'already-exists' }));
    });

    withStore('the name of a service account is given once in its tenant', async (store) => {
      const insert = (id: string, tenant: string) =>
        store.change(entry(), (tx) => tx.serviceAccounts.insert({ ...serviceAccount, id, tenant }));
      assert.ok((await insert('s1', 'acme')).ok);
      assert.ok((await insert('s2', 'globex')).ok);
      assert.deepEqual(await insert('s3', 'acme'), err({ reason: 'already-exists' }));
      assert.equal(
        (await store.serviceAccounts.list({ tenant: 'acme', limit: 9 })).items.length,
        1,
      );
      const gone = await store.change(entry(), (tx) => tx.serviceAccounts.remove('s1', 1));
      assert.ok(gone.ok);
      assert.ok((await insert('s3', 'acme')).ok, 'and again once it is free');
    });

    withStore(
      'pages give every record of a tenant once, in order, and no one else’s',
      async (store) => {
        await store.change(entry(), async (tx) => {
          for (let index = 0; index < 23; index += 1) {
            const id = `k${String((index * 7) % 23).padStart(2, '0')}`;
            await tx.keys.insert(keyOf(id, index % 2 === 0 ? 'acme' : 'other'));
          }
          return ok(null);
        });
        const all = await store.keys.list({ limit: 100 });
        assert.equal(all.items.length, 23);
        assert.equal(all.next, null);
        await fc.assert(
          fc.asyncProperty(fc.integer({ min: 1, max: 30 }), async (limit) => {
            const seen: string[] = [];
            let after: string | undefined;
            for (let page = 0; page < 30; page += 1) {
              const { items, next } = await store.keys.list({ tenant: 'acme', after, limit });
              assert.ok(items.length <= limit);
              seen.push(...items.map(({ id }) => id));
              if (next === null) break;
              after = next;
            }
            const expected = all.items
              .filter(({ tenant }) => tenant === 'acme')
              .map(({ id }) => id);
            assert.deepEqual(seen, expected);
          }),
          { numRuns: 30 },
        );
      },
    );

    withStore('tells of its own changes at once, and not of refused ones', async (store) => {
      let told = 0;
      const stop = store.onChange(() => void (told += 1));
      await store.change(entry(), async () => err('no'));
      assert.equal(told, 0);
      await store.change(entry(), async (tx) => await tx.keys.insert(keyOf('k1')));
      assert.equal(told, 1);
      stop();
      await store.change(entry(), async (tx) => await tx.keys.insert(keyOf('k2')));
      assert.equal(told, 1);
    });
  });
}
