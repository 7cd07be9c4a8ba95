/** Whether an event of a stream means the same to every parser. */
import type { EventReading } from '#dialects/dialect.ts';
import { Fault } from '#domain/fault.ts';
import { scanJson } from '#stdx/json-scan.ts';

/** As of whole answers; how many members there are is bounded by the length of a line. */
const EVENT_BOUNDS = { depthMax: 64, membersMax: Infinity };

/**
 * Two keys of one name: a client may take the one that no guard has read, so it is written anew. What is
 * nested deeper than a whole answer may be is no model's answer, and nobody walks it.
 */
export function readsOneWay({ wire, event }: EventReading): boolean {
  const problem = wire === null ? null : scanJson(event.data, EVENT_BOUNDS);
  if (problem === 'too-deep') {
    throw new Fault('provider-reply-invalid', 'an event that is nested too deep');
  }
  return problem === null;
}
