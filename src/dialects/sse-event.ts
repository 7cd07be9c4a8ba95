/** One server-sent event. `raw` keeps the bytes that it came in, so that untouched events stay equal. */
export interface SseEvent {
  /** The `event:` field; empty where there was none. */
  readonly event: string;
  /** The `data:` lines joined by line feeds. Empty for an event that is only a comment. */
  readonly data: string;
  /** The bytes it came in, the blank line included; null for an event that we wrote or changed. */
  readonly raw: string | null;
}

export const sseEvent = (event: string, data: string): SseEvent => ({ event, data, raw: null });

/** A comment keeps a connection alive and means nothing to a client. */
export const KEEP_ALIVE: SseEvent = { event: '', data: '', raw: ': keep-alive\n\n' };

/** The text of an event on the wire. */
export function sseText({ event, data, raw }: SseEvent): string {
  if (raw !== null) return raw;
  const head = event === '' ? '' : `event: ${event}\n`;
  const lines = data.includes('\n') ? data.replaceAll('\n', '\ndata: ') : data;
  return `${head}data: ${lines}\n\n`;
}
