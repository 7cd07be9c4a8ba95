/** Pins of tool definitions: in memory for those who come again, in the store for good. */
import type { DigestedTool, PinOwner, PinState, ToolPins } from '#policy/guards/guard.ts';
import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';
import type { Storage } from '#storage/storage.ts';

/** Pins in memory. One that is not there is read from the store. */
const KNOWN_MAX = 20_000;

export interface OpenToolPins extends ToolPins {
  close(): void;
}

export function toolPins(
  { pinning, onChange }: Pick<Storage, 'pinning' | 'onChange'>,
  clock: Clock,
): OpenToolPins {
  const known = new Lru<string, PinState>(KNOWN_MAX);
  let generation = 0;
  const forget = (): void => {
    generation += 1;
    known.clear();
  };
  // A pin that an administrator forgot must be forgotten here too.
  const close = onChange(forget);
  const stateOf = ({ tenant, owner }: PinOwner, { name, digest }: DigestedTool) => {
    const id = JSON.stringify([tenant, owner, name, digest]);
    return { id, state: known.get(id) };
  };
  return {
    close,
    hold(of, tools) {
      const found = tools.map((tool) => stateOf(of, tool));
      const states = found.flatMap(({ state }) => state ?? []);
      if (states.length === tools.length) return states;
      const asked = generation;
      return pinning.hold(of, tools, clock.nowMs()).then((fresh) => {
        for (const [index, { id }] of found.entries()) {
          const state = fresh[index];
          // What was read before a change says nothing of after it.
          if (state !== undefined && asked === generation) known.set(id, state);
        }
        return fresh;
      });
    },
    async accept(of, tool) {
      await pinning.accept(of, tool);
      forget();
    },
  };
}
