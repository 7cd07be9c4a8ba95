/** E-mail addresses, read to both sides of their `@`. */

/** The local part has at most 64 characters, which is as far as a stream looks back. */
const LOCAL_CHARS_MAX = 64;
const LOCAL = /[A-Za-z0-9](?:[\w.%+'!#$&*/=?^`{|}~-]{0,63})$/u;
const DOMAIN =
  /@(?:[\p{L}\d](?:[\p{L}\d-]{0,61}[\p{L}\d])?\.){1,8}(?:\p{L}{2,24}|xn--[a-z\d-]{2,40})(?![\p{L}\d])/uy;
/** What may still be a domain, or the beginning of one, at the end of a text. */
const DOMAIN_OPEN = /@[\p{L}\d.-]{0,254}$/uy;
const DOMAIN_CHARS_MAX = 255;

export type EmailAt = { readonly start: number; readonly end: number; readonly isOpen: boolean };

/** What stands around the `@` at `at`. `from`: what is left of it has been decided. */
export function emailAt(text: string, at: number, from: number, isEnd: boolean): EmailAt | null {
  const left = text.slice(Math.max(from, at - LOCAL_CHARS_MAX), at);
  const local = LOCAL.exec(left)?.[0] ?? '';
  if (local === '' || local.endsWith('.') || local.includes('..')) return null;
  const start = at - local.length;
  if (!isEnd && text.length - at <= DOMAIN_CHARS_MAX) {
    DOMAIN_OPEN.lastIndex = at;
    if (DOMAIN_OPEN.test(text)) return { start, end: text.length, isOpen: true };
  }
  DOMAIN.lastIndex = at;
  return DOMAIN.test(text) ? { start, end: DOMAIN.lastIndex, isOpen: false } : null;
}
