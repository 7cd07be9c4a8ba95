/** What every store promises of pinned tool definitions. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import { type Storage, TOOL_PINS_PER_OWNER_MAX } from './storage.ts';

const ann = { tenant: 'acme', owner: 'user/ann' };

export function pinningContract(
  name: string,
  withStore: (title: string, run: (store: Storage) => Promise<void>) => void,
): void {
  describe(`pinning contract: ${name}`, () => {
    withStore('the first definition of a name is the one that counts', async ({ pinning }) => {
      const [read, write] = ['read', 'write'].map((tool) => ({ name: tool, digest: `${tool}-1` }));
      assert.ok(read !== undefined && write !== undefined);
      assert.deepEqual(await pinning.hold(ann, [read, write], 1), ['same', 'same']);
      const other = { name: 'write', digest: 'write-2' };
      assert.deepEqual(await pinning.hold(ann, [read, other], 2), ['same', 'changed']);
      assert.deepEqual(await pinning.hold(ann, [write], 3), ['same'], 'and it still counts');
      assert.deepEqual(await pinning.hold(ann, [], 3), []);
    });

    withStore('two definitions of one name in one call: the second one is other', async (store) => {
      const both = ['a', 'b'].map((digest) => ({ name: 'read', digest }));
      assert.deepEqual(await store.pinning.hold(ann, both, 1), ['same', 'changed']);
    });

    withStore('each tenant and each owner has pins of its own', async ({ pinning }) => {
      const owners = [
        ann,
        { tenant: 'acme', owner: 'key/ann' },
        { tenant: 'acme', owner: '' },
        { tenant: 'other', owner: 'user/ann' },
        { tenant: 'acmeuser/', owner: 'ann' },
      ];
      for (const [index, of] of owners.entries()) {
        const tool = { name: 'read', digest: String(index) };
        assert.deepEqual(await pinning.hold(of, [tool], 1), ['same']);
      }
      assert.deepEqual(await pinning.hold(ann, [{ name: 'read', digest: '1' }], 1), ['changed']);
    });

    withStore('an accepted definition takes the place of the first', async ({ pinning }) => {
      const [old, young] = ['1', '2'].map((digest) => ({ name: 'read', digest }));
      assert.ok(old !== undefined && young !== undefined);
      await pinning.hold(ann, [old], 1);
      await pinning.accept(ann, young);
      assert.deepEqual(await pinning.hold(ann, [young], 2), ['same']);
      assert.deepEqual(await pinning.hold(ann, [old], 2), ['changed']);
      await pinning.accept(ann, { name: 'unheard', digest: '1' });
      assert.deepEqual(await pinning.hold(ann, [{ name: 'unheard', digest: '2' }], 2), ['same']);
    });

    withStore('an owner has a bound, and no pin goes for a new one', async ({ pinning }) => {
      const many = Array.from({ length: TOOL_PINS_PER_OWNER_MAX + 1 }, (_, index) => ({
        name: `tool-${index}`,
        digest: 'd',
      }));
      const states = await pinning.hold(ann, many, 1);
      assert.equal(states.filter((state) => state === 'same').length, TOOL_PINS_PER_OWNER_MAX);
      assert.equal(states.at(-1), 'unpinned');
      assert.deepEqual(await pinning.hold(ann, [{ name: 'tool-0', digest: 'e' }], 2), ['changed']);
      const bob = { tenant: 'acme', owner: 'user/bob' };
      assert.deepEqual(await pinning.hold(bob, many.slice(-1), 2), ['same']);
    });

    withStore('is listed by tenant with what came instead, and forgotten by id', async (store) => {
      await store.pinning.hold(ann, [{ name: 'read', digest: '1' }], 1);
      await store.pinning.hold({ tenant: 'other', owner: '' }, [{ name: 'read', digest: '1' }], 1);
      await store.pinning.hold(ann, [{ name: 'read', digest: '2' }], 5);
      const { items } = await store.toolPins.list({ tenant: 'acme', limit: 10 });
      const [pin] = items;
      assert.equal(items.length, 1);
      assert.ok(pin !== undefined);
      const { digest, changedDigest, changedMs, createdMs, name: tool } = pin;
      assert.deepEqual(
        [tool, digest, createdMs, changedDigest, changedMs],
        ['read', '1', 1, '2', 5],
      );
      const entry = { id: 'e', at: 1, actor: 'a', action: 'x', resource: 'r', tenant: 'acme' };
      const gone = await store.change({ ...entry, diff: null }, (tx) =>
        tx.toolPins.remove(pin.id, pin.version),
      );
      assert.ok(gone.ok);
      assert.deepEqual(await store.pinning.hold(ann, [{ name: 'read', digest: '2' }], 6), ['same']);
    });
  });
}
