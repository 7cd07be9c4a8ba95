/** What a drill asks by HTTP, and the servers that it plays. Loopback only: a drill reaches nobody else. */
import http, { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

import { assert } from '#stdx/assert.ts';
import { isJsonObject, type JsonObject, parseJson } from '#stdx/json.ts';

const ANSWER_CHARS_MAX = 4 * 1_024 * 1_024;
const DEADLINE_MS = 20_000;

export interface Asked {
  readonly method?: string;
  readonly token?: string;
  readonly body?: JsonObject | string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly deadlineMs?: number;
}

export interface Answer {
  /** 0: there was none, in time or at all. */
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: string;
  readonly json: JsonObject;
  readonly ms: number;
}

const NOTHING: Omit<Answer, 'ms'> = { status: 0, headers: {}, text: '', json: {} };

export function ask(address: string, asked: Asked = {}): Promise<Answer> {
  const url = new URL(address);
  assert(url.hostname === '127.0.0.1', 'a drill asks nobody but what it has started itself');
  const { method = 'GET', token, body, headers = {}, deadlineMs = DEADLINE_MS } = asked;
  const sent = typeof body === 'string' ? body : body && JSON.stringify(body);
  const startMs = performance.now();
  return new Promise((resolve) => {
    const done = (answer: Omit<Answer, 'ms'>): void =>
      resolve({ ...answer, ms: performance.now() - startMs });
    const request = http.request(url, {
      method,
      agent: false,
      signal: AbortSignal.timeout(deadlineMs),
      headers: {
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(sent !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    request.once('error', () => done(NOTHING));
    request.once('response', (response) => {
      readText(response).then(
        (text) => {
          const json = parseJson(text);
          const { statusCode: status = 0, headers } = response;
          done({ status, headers, text, json: isJsonObject(json) ? json : {} });
        },
        () => done(NOTHING),
      );
    });
    request.end(sent);
  });
}

/** A member that is text; '' where it is none. */
export function textAt(json: JsonObject, name: string): string {
  const value = json[name];
  return typeof value === 'string' ? value : '';
}

async function readText(message: IncomingMessage): Promise<string> {
  message.setEncoding('utf8');
  let text = '';
  for await (const piece of message) {
    text += String(piece);
    assert(text.length <= ANSWER_CHARS_MAX, 'what a drill reads is bounded');
  }
  return text;
}

export interface Heard {
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export type Script = (heard: Heard, response: ServerResponse) => void | Promise<void>;

/** A server that a drill plays, and that can be taken away and brought back on its port. */
export interface Played {
  readonly url: string;
  readonly port: number;
  script: Script;
  readonly heard: () => number;
  /** Connections are cut, and new ones refused. */
  leave(): Promise<void>;
  back(): Promise<void>;
  close(): Promise<void>;
}

export function sendJson(response: ServerResponse, status: number, body: JsonObject): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

export async function play(script: Script): Promise<Played> {
  let heard = 0;
  let server: Server | null = null;
  let port = 0;
  const serve = async (): Promise<void> => {
    const own = http.createServer((request, response) => {
      heard += 1;
      const { url: path = '', headers } = request;
      readText(request)
        .then((body) => played.script({ path, headers, body }, response))
        .catch(() => response.destroy());
    });
    await new Promise<void>((resolve, reject) => {
      own.once('error', reject);
      own.listen(port, '127.0.0.1', resolve);
    });
    server = own;
    port = portOf(own);
  };
  const leave = async (): Promise<void> => {
    const own = server;
    server = null;
    if (own === null) return;
    await new Promise<void>((resolve) => {
      own.close(() => resolve());
      own.closeAllConnections();
    });
  };
  const played: Played = {
    get url() {
      return `http://127.0.0.1:${port}`;
    },
    get port() {
      return port;
    },
    script,
    heard: () => heard,
    leave,
    back: serve,
    close: leave,
  };
  await serve();
  return played;
}

export function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address();
  assert(typeof address === 'object' && address !== null, 'a server that listens has an address');
  return address.port;
}
