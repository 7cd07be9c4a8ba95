/** What every store promises of the bindings of provider-held state. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';

import type { HeldStateRecord } from './records.ts';
import { HELD_STATES_PER_OWNER_MAX, type Storage } from './storage.ts';

const bindingOf = (idHash: string, changes: Partial<HeldStateRecord> = {}): HeldStateRecord => ({
  idHash,
  tenant: 'acme',
  owner: 'user/ann',
  deployment: 'fast/openai/m/0',
  expiresMs: 1_000,
  ...changes,
});

const OTHERS: readonly Partial<HeldStateRecord>[] = [
  { tenant: 'other' },
  { owner: 'user/bob' },
  { owner: 'key/ann' },
  { deployment: 'fast/openai/m/1' },
];

export function heldStatesContract(
  name: string,
  withStore: (title: string, run: (store: Storage) => Promise<void>) => void,
): void {
  describe(`held state contract: ${name}`, () => {
    withStore('finds what was kept, by hash, and nothing else', async ({ heldState }) => {
      const [one, two] = [bindingOf('h1'), bindingOf("h2'; --", { owner: 'key/k1' })];
      await heldState.keep([one, two], 0);
      assert.deepEqual(await heldState.find(['h1', 'unknown'], 0), [one]);
      assert.deepEqual(await heldState.find(["h2'; --"], 0), [two]);
      assert.deepEqual(await heldState.find([], 0), []);
    });

    withStore('a binding is over at its time, to the millisecond', async ({ heldState }) => {
      await heldState.keep([bindingOf('h1', { expiresMs: 500 })], 0);
      assert.equal((await heldState.find(['h1'], 499)).length, 1);
      assert.deepEqual(await heldState.find(['h1'], 500), []);
    });

    withStore('the same binding again renews its time, and never shortens it', async (store) => {
      const { heldState } = store;
      await heldState.keep([bindingOf('h1', { expiresMs: 500 })], 0);
      await heldState.keep([bindingOf('h1', { expiresMs: 900 })], 100);
      await heldState.keep([bindingOf('h1', { expiresMs: 600 })], 200);
      assert.deepEqual(await heldState.find(['h1'], 899), [bindingOf('h1', { expiresMs: 900 })]);
    });

    withStore('an id that two were given is nobody’s, also for the first one', async (store) => {
      const { heldState } = store;
      for (const [index, other] of OTHERS.entries()) {
        const id = `h${index}`;
        await heldState.keep([bindingOf(id)], 0);
        await heldState.keep([bindingOf(id, other)], 0);
        assert.deepEqual(await heldState.find([id], 0), [], JSON.stringify(other));
        await heldState.keep([bindingOf(id)], 0);
        assert.deepEqual(await heldState.find([id], 0), [], 'and it stays so');
        const later = bindingOf(id, { ...other, expiresMs: 3_000 });
        await heldState.keep([later], 2_000);
        assert.deepEqual(await heldState.find([id], 2_000), [later], 'until it is over');
      }
    });

    withStore('what is over is taken away by what comes', async (store) => {
      const { heldState } = store;
      await heldState.keep([bindingOf('old', { expiresMs: 10 })], 0);
      await heldState.keep([bindingOf('new')], 20);
      assert.deepEqual(await heldState.find(['old'], 0), []);
      assert.equal((await heldState.find(['new'], 0)).length, 1);
    });

    withStore('an owner has a bound, and pushes nobody else’s out', async ({ heldState }) => {
      const other = bindingOf('other', { owner: 'user/bob', expiresMs: 1 });
      const many = Array.from({ length: HELD_STATES_PER_OWNER_MAX + 2 }, (_, index) =>
        bindingOf(`h${index}`, { expiresMs: 10 + index }),
      );
      await heldState.keep([other, ...many], 0);
      assert.deepEqual(await heldState.find(['h0', 'h1'], 0), [], 'the first to end are gone');
      for (let index = 0; index < 150; index += 1) {
        await heldState.keep([bindingOf(`later${index}`, { expiresMs: 900_000 + index })], 0);
      }
      const early = Array.from({ length: 50 }, (_, index) => `h${index + 2}`);
      assert.deepEqual(await heldState.find(early, 0), [], 'and those that were next to end');
      assert.equal((await heldState.find(['h9999', many.at(-1)?.idHash ?? ''], 0)).length, 2);
      assert.deepEqual(await heldState.find(['other'], 0), [other]);
    });

    withStore('is no administrative change: no outbox row, and nobody is told', async (store) => {
      let told = 0;
      const stop = store.onChange(() => void (told += 1));
      await store.heldState.keep([bindingOf('h1')], 0);
      // Longer than a store may take to tell of somebody else's change.
      await new Promise((resolve) => {
        setTimeout(resolve, 600);
      });
      stop();
      assert.equal(told, 0);
      assert.deepEqual(await store.outbox.pending(10), []);
    });
  });
}
