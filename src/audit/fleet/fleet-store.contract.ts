/** What every store of a fleet's log must do, and one in memory for tests of those who use it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { FleetHead, FleetStore } from '#domain/fleet-log.ts';

export class MemoryFleetStore implements FleetStore {
  list: string[] = [];
  last: FleetHead | null = null;

  async head(): Promise<FleetHead | null> {
    return this.last;
  }

  async entries(from: number, limit: number): Promise<readonly string[]> {
    return this.list.slice(from, from + limit);
  }

  async append(at: number, entries: readonly string[], note: string): Promise<boolean> {
    if ((this.last?.size ?? 0) !== at) return false;
    this.list.push(...entries);
    this.last = { size: at + entries.length, note };
    return true;
  }
}

export function fleetStoreContract(name: string, open: () => Promise<FleetStore>): void {
  test(`${name}: a list is added to at its end, all in one step`, async () => {
    const store = await open();
    assert.equal(await store.head(), null);
    assert.deepEqual(await store.entries(0, 10), []);
    assert.equal(await store.append(0, ['a — b\n', 'two'], 'note of 2'), true);
    assert.equal(await store.append(0, ['x'], 'note of 1'), false, 'it has begun');
    assert.equal(await store.append(1, ['x'], 'note of 2'), false, 'it has gone on');
    assert.equal(await store.append(3, ['x'], 'note of 4'), false, 'it is not there yet');
    assert.equal(await store.append(2, ['three'], 'note of 3'), true);
    assert.deepEqual(await store.head(), { size: 3, note: 'note of 3' });
    assert.deepEqual(await store.entries(0, 10), ['a — b\n', 'two', 'three']);
    assert.deepEqual(await store.entries(1, 1), ['two']);
  });

  test(`${name}: of many who add at once one is first, each time`, async () => {
    const store = await open();
    for (let at = 0; at < 5; at += 1) {
      const tries = Array.from({ length: 6 }, (_, of) =>
        store.append(at, [`${at} by ${of}`], `note ${at} by ${of}`),
      );
      const made = (await Promise.all(tries)).filter(Boolean);
      assert.equal(made.length, 1);
      const head = await store.head();
      const [entry] = await store.entries(at, 1);
      assert.equal(head?.size, at + 1);
      assert.equal(head.note, `note ${entry}`);
    }
  });
}
