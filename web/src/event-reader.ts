/**
 * Server-sent events out of an answer of `fetch`: `EventSource` can send neither a token nor a body. What
 * is read at once is told at once, so that a page draws once for many events.
 */
export interface ServerEvent {
  readonly event: string;
  readonly data: string;
}

/** An event that is longer is none of ours. */
const EVENT_CHARS_MAX = 1_000_000;

export class EventCutter {
  #rest = '';

  /** The events that end in what was read. Throws where one has no end. */
  push(text: string): readonly ServerEvent[] {
    const parts = (this.#rest + text).split('\n\n');
    this.#rest = parts.pop() ?? '';
    if (this.#rest.length > EVENT_CHARS_MAX) throw new Error('an event without an end');
    return parts.flatMap((part) => eventOf(part) ?? []);
  }
}

/** Null: a comment, which keeps the line open. */
function eventOf(part: string): ServerEvent | null {
  let event = 'message';
  const data: string[] = [];
  for (const line of part.split('\n')) {
    if (line.startsWith('event: ')) event = line.slice(7);
    else if (line.startsWith('data: ')) data.push(line.slice(6));
  }
  return data.length === 0 ? null : { event, data: data.join('\n') };
}

/** Resolves at the end of the answer; rejects where it was cut off. */
export async function readEvents(
  { body }: Response,
  tell: (events: readonly ServerEvent[]) => void,
): Promise<void> {
  if (body === null) return;
  const cutter = new EventCutter();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const events = cutter.push(decoder.decode(value, { stream: true }));
    if (events.length > 0) tell(events);
  }
}
