/** A browser for tests of signing in: cookies by site and path, redirects followed one by one. */
import assert from 'node:assert/strict';

interface Held {
  readonly value: string;
  readonly path: string;
}

export interface Seen {
  readonly url: URL;
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

export interface Visit {
  readonly method?: string;
  readonly form?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export class Browser {
  readonly #jars = new Map<string, Map<string, Held>>();

  cookie(origin: string, name: string): string | undefined {
    return this.#jars.get(origin)?.get(name)?.value;
  }

  /** One request; nothing is followed. */
  async send(address: string | URL, visit: Visit = {}): Promise<Seen> {
    const url = new URL(address);
    const { form, json, headers = {} } = visit;
    const body = form === undefined ? json && JSON.stringify(json) : new URLSearchParams(form);
    const cookie = this.#cookiesFor(url);
    const response = await fetch(url, {
      method: visit.method ?? (body === undefined ? 'GET' : 'POST'),
      redirect: 'manual',
      headers: {
        ...(json !== undefined && { 'content-type': 'application/json' }),
        ...(cookie !== '' && { cookie }),
        ...headers,
      },
      ...(body !== undefined && { body: body as string | URLSearchParams }),
    });
    this.#keep(url, response.headers.getSetCookie());
    const { status, headers: answered } = response;
    return { url, status, headers: answered, text: await response.text() };
  }

  /** Follows redirects while they stay away from `until`; the last one that leads there is not followed. */
  async visit(address: string | URL, visit: Visit, until: string): Promise<Seen> {
    let seen = await this.send(address, visit);
    for (let hops = 0; hops < 12; hops += 1) {
      const location = seen.headers.get('location');
      if (location === null || seen.status < 300 || seen.status > 399) return seen;
      const next = new URL(location, seen.url);
      if (next.href.startsWith(until)) return { ...seen, url: next };
      seen = await this.send(next);
    }
    throw new Error('too many redirects');
  }

  #cookiesFor({ origin, pathname }: URL): string {
    const jar = this.#jars.get(origin) ?? new Map<string, Held>();
    return [...jar]
      .filter(([, { path }]) => pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
  }

  #keep({ origin }: URL, set: readonly string[]): void {
    const jar = this.#jars.get(origin) ?? new Map<string, Held>();
    this.#jars.set(origin, jar);
    for (const text of set) {
      const [pair = '', ...attributes] = text.split(/;\s*/u);
      const name = pair.slice(0, pair.indexOf('='));
      const value = pair.slice(pair.indexOf('=') + 1);
      const path = attributes.find((each) => /^path=/iu.test(each))?.slice(5) ?? '/';
      const isOver = attributes.some((each) =>
        /^(?:max-age=0|expires=Thu, 01 Jan 1970)/iu.test(each),
      );
      if (isOver || value === '') jar.delete(name);
      else jar.set(name, { value, path });
    }
  }
}

/** Signs in at the provider's development pages, up to the redirect back to the gateway. */
export async function throughProvider(
  browser: Browser,
  address: string,
  login: string,
  back: string,
): Promise<URL> {
  let seen = await browser.visit(address, {}, back);
  for (let pages = 0; pages < 3 && !seen.url.href.startsWith(back); pages += 1) {
    const action = /<form[^>]* action="(?<action>[^"]+)"/u.exec(seen.text)?.groups?.['action'];
    assert.ok(action !== undefined, seen.text);
    const prompt =
      /name="prompt" value="(?<prompt>\w+)"/u.exec(seen.text)?.groups?.['prompt'] ?? '';
    // A password of the provider's development pages: any will do, none is checked.
    const form = prompt === 'login' ? { prompt, login, password: login } : { prompt };
    seen = await browser.visit(new URL(action, seen.url), { form }, back);
  }
  assert.ok(seen.url.href.startsWith(back), seen.text);
  return seen.url;
}
