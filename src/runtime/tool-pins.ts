/** Pins of tool definitions: in memory for those who come again, in the store for good. */
import type { DigestedTool, PinOwner, ToolPins } from '#policy/guards/guard.ts';
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
  const known = new Lru<string, string>(KNOWN_MAX);
  let generation = 0;
  // A pin that an administrator forgot must be forgotten here too.
  const close = onChange(() => {
    generation += 1;
    known.clear();
  });
  const idOf = ({ tenant, owner }: PinOwner, name: string): string =>
    JSON.stringify([tenant, owner, name]);
  const isKnown = (of: PinOwner, { name, digest }: DigestedTool): boolean =>
    known.get(idOf(of, name)) === digest;
  return {
    close,
    hold(of, tools) {
      if (tools.every((tool) => isKnown(of, tool))) return tools.map(() => 'same' as const);
      const asked = generation;
      return pinning.hold(of, tools, clock.nowMs()).then((states) => {
        for (const [index, { name, digest }] of tools.entries()) {
          // What was read before a change says nothing of after it.
          if (states[index] === 'same' && asked === generation) known.set(idOf(of, name), digest);
        }
        return states;
      });
    },
    async accept(of, tool) {
      known.delete(idOf(of, tool.name));
      await pinning.accept(of, tool);
    },
  };
}
