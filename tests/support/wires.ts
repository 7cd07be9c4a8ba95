/** Two ends of a way as two processes have them: what is said is copied, and arrives in a later turn. */
import assert from 'node:assert/strict';

import { type Answerers, Channel, type Wire } from '#runtime/workers/channel.ts';

export interface Wires {
  readonly ends: readonly [Wire, Wire];
  /** One of the two processes is gone. */
  cut(): void;
}

export function wires(): Wires {
  const heard: ((message: unknown) => void)[] = [];
  const gone: (() => void)[] = [];
  let isCut = false;
  const end = (at: 0 | 1): Wire => ({
    send(message) {
      const copy: unknown = structuredClone(message);
      setImmediate(() => {
        if (!isCut) heard[1 - at]?.(copy);
      });
    },
    onMessage: (listener) => {
      heard[at] = listener;
    },
    onGone: (listener) => gone.push(listener),
  });
  return {
    ends: [end(0), end(1)],
    cut() {
      isCut = true;
      for (const tell of gone) tell();
    },
  };
}

/** One side; unless a test looks at that, nothing that it is told fails. */
export const channelAt = <Theirs extends Answerers>(
  wire: Wire,
  ours: Answerers,
  onFault: (reason: string) => void = (reason) => assert.fail(reason),
): Channel<Theirs> => new Channel<Theirs>(wire, ours, onFault);
