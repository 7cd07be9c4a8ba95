import type { JsonObject, JsonValue } from '#stdx/json.ts';

/** One server-sent event. `raw` keeps the bytes that it came in, so that untouched events stay equal. */
export interface SseEvent {
  /** The `event:` field; empty where there was none. */
  readonly event: string;
  /** The `data:` lines joined by line feeds. Empty for an event that is only a comment. */
  readonly data: string;
  /**
   * The bytes it came in, the blank line included; null for an event that we wrote or changed, and for
   * one that said more than a name and data.
   */
  readonly raw: string | null;
}

export const sseEvent = (event: string, data: string): SseEvent => ({ event, data, raw: null });

/** A comment keeps a connection alive and means nothing to a client. */
export const KEEP_ALIVE: SseEvent = { event: '', data: '', raw: ': keep-alive\n\n' };

/** A name is read where the data says it too, as its type. Any other is text that no guard sees: it goes. */
export const named = (event: SseEvent, type: JsonValue | undefined): SseEvent =>
  event.event === '' || event.event === type ? event : sseEvent('', event.data);

/** One of `named` with other data. Its name is still its type, which may have been edited. */
export function rewritten(event: SseEvent, wire: JsonObject): SseEvent {
  const { type } = wire;
  const name = event.event !== '' && typeof type === 'string' ? type : '';
  return sseEvent(name, JSON.stringify(wire));
}

/** The text of an event on the wire. */
export function sseText({ event, data, raw }: SseEvent): string {
  if (raw !== null) return raw;
  const head = event === '' ? '' : `event: ${event}\n`;
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return `${head}data: ${lines}\n\n`;
}
