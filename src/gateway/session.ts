/**
 * The session or agent run that a caller says a request is part of: `x-llmproxy-session`. Anybody with
 * the key can write it, so limits may count by it and nothing belongs to it.
 */
export const SESSION_HEADER = 'x-llmproxy-session';
const SESSION_CHARS_MAX = 256;

/** Null: it names none. What is longer, or stands twice, is cut to one text: it only counts. */
export function sessionOf(rawHeaders: readonly string[]): string | null {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== SESSION_HEADER) continue;
    return rawHeaders[index + 1]?.slice(0, SESSION_CHARS_MAX) ?? null;
  }
  return null;
}
