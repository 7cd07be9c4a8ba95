/**
 * One connection to a Valkey or Redis server. What is sent goes out at once: steps that belong together
 * are one script before they come here. Nothing is queued for a server that is not there, and nothing is
 * sent twice: whoever asked hears at once that it failed. Errors keep the server's code word and none of its sentences.
 */
import { hash } from 'node:crypto';

import type { Redis } from 'ioredis';

import { Fault } from '#domain/fault.ts';

export interface ServerScript {
  readonly name: string;
  readonly text: string;
}

export interface ValkeyLink {
  run(script: ServerScript, key: string, args: readonly (number | Buffer)[]): Promise<unknown>;
  /** Which server, and which life of it; null while there is no connection. */
  readonly server: string | null;
  /** Each time that a connection stands and its server is known. */
  onUp(listener: () => void): void;
  onDown(listener: (code: string) => void): void;
  /** The server may throw counters away when its memory is full. */
  readonly mayEvict: boolean;
  close(): void;
}

const CONNECT_MS = 2_000;
/** A server that says nothing for so long is taken for gone, whatever its socket says. */
const SILENT_MS = 5_000;
const RETRY_MS = 500;

/** Only what an address says; a query of a URL could turn the check of certificates off. */
export function valkeyOptions(url: string) {
  const { protocol, hostname, port, username, password, pathname } = new URL(url);
  const host = hostname.replace(/^\[(?<six>.*)\]$/u, '$<six>');
  return {
    host,
    port: port === '' ? 6_379 : Number(port),
    db: Number(pathname.slice(1) || 0),
    ...(username !== '' && { username: decodeURIComponent(username) }),
    ...(password !== '' && { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' && { tls: { servername: host } }),
  };
}

export async function openValkey(url: string): Promise<ValkeyLink> {
  // By its default: bundled, a package in CommonJS has no other name.
  const { Redis: Client } = (await import('ioredis')).default;
  const client = new Client({
    ...valkeyOptions(url),
    connectTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: true,
    maxLoadingRetryTime: RETRY_MS,
    disableClientInfo: true,
    retryStrategy: () => RETRY_MS,
  });
  return new Link(client);
}

class Link implements ValkeyLink {
  server: string | null = null;
  mayEvict = false;
  readonly #client: Redis;
  readonly #digests = new Map<string, string>();
  #up: () => void = () => {};
  #down: (code: string) => void = () => {};

  constructor(client: Redis) {
    this.#client = client;
    client.on('ready', () => void this.#ready());
    client.on('close', () => this.#gone('closed'));
    client.on('error', (thrown: unknown) => this.#gone(codeOf(thrown)));
  }

  onUp(listener: () => void): void {
    this.#up = listener;
    if (this.server !== null) listener();
  }

  onDown(listener: (code: string) => void): void {
    this.#down = listener;
  }

  async run(
    script: ServerScript,
    key: string,
    args: readonly (number | Buffer)[],
  ): Promise<unknown> {
    if (this.server === null) throw new Fault('storage-failed', 'no connection to the counters');
    let digest = this.#digests.get(script.name);
    if (digest === undefined) {
      digest = hash('sha1', script.text);
      this.#digests.set(script.name, digest);
    }
    try {
      return await this.#client.evalsha(digest, 1, key, ...args);
    } catch (thrown) {
      if (codeOf(thrown) !== 'NOSCRIPT') throw faultOf(script, thrown);
    }
    try {
      return await this.#client.eval(script.text, 1, key, ...args);
    } catch (thrown) {
      throw faultOf(script, thrown);
    }
  }

  close(): void {
    this.server = null;
    this.#down = () => {};
    this.#client.disconnect();
  }

  async #ready(): Promise<void> {
    try {
      const text = await this.#client.info();
      const field = (name: string): string =>
        new RegExp(`^${name}:(?<value>.*?)\\r?$`, 'mu').exec(text)?.groups?.['value'] ?? '';
      this.mayEvict =
        field('maxmemory') !== '0' && !['', 'noeviction'].includes(field('maxmemory_policy'));
      // Another process, or one that was made the primary of others, may have lost some writes.
      this.server = `${field('run_id')}/${field('master_replid')}`;
      this.#up();
    } catch {
      // It was ready and is gone again: its own event says so, and the next connection asks anew.
    }
  }

  #gone(code: string): void {
    this.server = null;
    this.#down(code);
  }
}

const faultOf = ({ name }: ServerScript, thrown: unknown): Fault =>
  new Fault('storage-failed', `the step ${name} of the counters failed: ${codeOf(thrown)}`);

/** Sentences of a server may quote what it was sent; its first word is a code. */
function codeOf(thrown: unknown): string {
  if (!(thrown instanceof Error)) return 'unknown';
  const word = /^[A-Z]{2,20}(?= )/u.exec(thrown.message)?.[0];
  if (word !== undefined) return word;
  return 'code' in thrown && typeof thrown.code === 'string' ? thrown.code : thrown.name;
}
