/** Work on the records of a parcel that gives way to calls: a thousand at once would hold them up. */
import type { SinkEvent } from './sink.ts';

/** At 30 µs for the slowest format, about two milliseconds. */
const EVENTS_PER_TURN = 64;

export async function inTurns<Made>(
  events: readonly SinkEvent[],
  make: (event: SinkEvent) => Made,
): Promise<Made[]> {
  const made: Made[] = [];
  for (const event of events) {
    made.push(make(event));
    if (made.length % EVENTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  return made;
}
