/**
 * The public key that the operator was given by another way than this gateway. It is kept in this browser: a
 * gateway that was taken over cannot change it, and it is no secret.
 */
const PLACE = 'llmproxy-log-key';
/** A key is about a hundred characters. */
export const KEY_CHARS_MAX = 300;

export function keptKey(): string {
  try {
    return localStorage.getItem(PLACE) ?? '';
  } catch {
    // A browser that keeps nothing for us: it is pasted again.
    return '';
  }
}

export function keepKey(text: string): void {
  try {
    if (text === '') localStorage.removeItem(PLACE);
    else localStorage.setItem(PLACE, text.slice(0, KEY_CHARS_MAX));
  } catch {
    // As above.
  }
}
