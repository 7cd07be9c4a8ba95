/** Pins of tool definitions in SQLite: documents that calls write, and administrators remove. */
import type { DatabaseSync } from 'node:sqlite';

import type { ToolPinRecord } from '../records.ts';
import {
  type PinnedTool,
  type Pinning,
  TOOL_PINS_PER_OWNER_MAX,
  type WriteRepository,
} from '../storage.ts';
import { pinPrefix, toolPinId } from '../tool-pin-id.ts';
import { orFault, type Transact } from './call-writes.ts';

type PinState = Awaited<ReturnType<Pinning['hold']>>[number];
type Owner = Pick<ToolPinRecord, 'tenant' | 'owner'>;
interface Scene {
  readonly nowMs: number;
  /** Null: not counted yet. */
  room: number | null;
}

const WHAT = 'the pins of tool definitions';

export function pinningOf(
  writer: DatabaseSync,
  pins: WriteRepository<ToolPinRecord>,
  transact: Transact,
): Pinning {
  // '.' comes after '-': the rows of one owner are one range of the key.
  const count = writer.prepare('SELECT count(*) AS n FROM tool_pins WHERE id > ? AND id < ?');
  const roomOf = (of: Owner): number => {
    const prefix = pinPrefix(of);
    const held = Number(count.get(prefix, `${prefix.slice(0, -1)}.`)?.['n']);
    return TOOL_PINS_PER_OWNER_MAX - held;
  };
  const stateOf = async (of: Owner, { name, digest }: PinnedTool, scene: Scene) => {
    const { nowMs } = scene;
    const id = toolPinId({ ...of, name });
    const known = await pins.find(id);
    if (known === null) {
      // Counted once a call: counting walks all that an owner has.
      scene.room ??= roomOf(of);
      if (scene.room <= 0) return 'unpinned';
      scene.room -= 1;
      const fresh = { id, ...of, name, digest, createdMs: nowMs, version: 1 };
      await pins.insert({ ...fresh, changedDigest: null, changedMs: null });
      return 'same';
    }
    if (known.digest === digest) return 'same';
    if (known.changedDigest !== digest) {
      await pins.update({ ...known, changedDigest: digest, changedMs: nowMs });
    }
    return 'changed';
  };
  return {
    hold: ({ tenant, owner }, tools, nowMs) =>
      orFault(WHAT, () =>
        transact(async () => {
          const states: PinState[] = [];
          const scene: Scene = { nowMs, room: null };
          for (const tool of tools) states.push(await stateOf({ tenant, owner }, tool, scene));
          return states;
        }),
      ),
    accept: ({ tenant, owner }, { name, digest }) =>
      orFault(WHAT, () =>
        transact(async () => {
          const known = await pins.find(toolPinId({ tenant, owner, name }));
          if (known === null) return;
          await pins.update({ ...known, digest, changedDigest: null, changedMs: null });
        }),
      ),
  };
}
