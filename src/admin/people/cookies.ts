/**
 * The cookies of the admin plane. `__Host-` makes the browser refuse one that is not Secure, is not
 * of this very host, or was set by a sibling domain (cookie tossing). A name that comes twice means
 * two things to two readers, so it is no cookie.
 */
export const SESSION_COOKIE = '__Host-llmproxy-session';
export const LOGIN_COOKIE = '__Host-llmproxy-login';
export const DEVICE_COOKIE = '__Host-llmproxy-device';

const HEADER_CHARS_MAX = 8_192;
const VALUE = /^[A-Za-z0-9._~-]{1,4096}$/u;

/** Null: it is not there, is there twice, or has characters that no value of ours has. */
export function readCookie(rawHeaders: readonly string[], name: string): string | null {
  let found: string | null = null;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== 'cookie') continue;
    const header = rawHeaders[index + 1] ?? '';
    if (header.length > HEADER_CHARS_MAX) return null;
    for (const pair of header.split(';')) {
      const equals = pair.indexOf('=');
      if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
      if (found !== null) return null;
      found = pair.slice(equals + 1).trim();
    }
  }
  return found !== null && VALUE.test(found) ? found : null;
}

export interface CookieLife {
  readonly seconds: number;
  /** `Lax` is for what must come back with a redirect from another site. */
  readonly sameSite: 'Strict' | 'Lax';
}

export const cookieText = (name: string, value: string, { seconds, sameSite }: CookieLife) =>
  `${name}=${value}; Path=/; Secure; HttpOnly; SameSite=${sameSite}; Max-Age=${seconds}`;

export const endedCookie = (name: string): string =>
  cookieText(name, '', { seconds: 0, sameSite: 'Strict' });
