/** What attacks on a running gateway share: streams that can be left, waits with an end, figures. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type IncomingMessage, request as httpRequest, type ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import type { AuditRecord } from '#audit/record.ts';

import { BASE, type House } from './house.ts';

export const IS_FULL = process.env['LLMPROXY_FULL'] === '1';

export interface Aliases {
  /** More keys of the provider. */
  readonly more?: string;
  readonly type?: string;
  /** More keys of the listener. */
  readonly server?: string;
}

/** Many aliases of one provider, each a deployment with a breaker of its own: `demo`, `m0`, `m1`… */
export function aliasesYaml(
  upstream: { readonly url: string },
  count: number,
  { more = '', type = 'openai', server = '' }: Aliases = {},
): string {
  const alias = (name: string): string =>
    `  ${name}: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }`;
  const names = ['demo', ...Array.from({ length: count }, (_, index) => `m${index}`)];
  return `
providers:
  local: { type: ${type}, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true${more} }
models:
${names.map(alias).join('\n')}
guards: []
server: { listen: "127.0.0.1:0", drainLimit: 2s${server} }
${BASE}`;
}

/** On a busy machine first bytes are late, and calls would be shed: where that is not what is tested. */
export const NO_SHEDDING = ', overload: { concurrency: { adaptive: false }, loopLagMax: 60s }';

export interface OpenStream {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly text: () => string;
  /** When the other side ended or cut it: `end` only for a well-formed end of the HTTP message. */
  readonly over: Promise<'end' | 'cut'>;
  readonly response: IncomingMessage;
  abort(): void;
}

/** A POST whose answer is read as it comes, on a connection of its own. */
export function openStream(
  url: string,
  body: object,
  headers: Record<string, string>,
): Promise<OpenStream> {
  return new Promise((resolve, reject) => {
    const payload = JSON.stringify(body);
    const all = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(payload),
      ...headers,
    };
    const request = httpRequest(url, { method: 'POST', agent: false, headers: all }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (piece: string) => {
        text += piece;
      });
      const over = new Promise<'end' | 'cut'>((end) => {
        response.on('close', () => end(response.complete ? 'end' : 'cut'));
        response.on('error', () => end('cut'));
      });
      const { statusCode: status = 0 } = response;
      resolve({
        status,
        headers: response.headers,
        text: () => text,
        over,
        response,
        abort: () => request.destroy(),
      });
    });
    request.on('error', reject);
    request.end(payload);
  });
}

/** Until a response of a provider takes more, or is gone. */
export async function drained(response: ServerResponse): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const turned = [once(response, 'drain', { signal }), once(response, 'close', { signal })];
  await Promise.race(turned);
  over.abort();
  await Promise.allSettled(turned);
}

/** Milliseconds until it holds; fails after `limitMs` with the claim. */
export async function until(holds: () => boolean, limitMs: number, claim: string): Promise<number> {
  const startMs = performance.now();
  while (!holds()) {
    assert.ok(performance.now() - startMs < limitMs, `${claim} within ${limitMs} ms`);
    await delay(5);
  }
  return performance.now() - startMs;
}

/** How long until nothing runs and nothing is held. */
export function quiet({ running: { world } }: House, limitMs: number): Promise<number> {
  const isQuiet = (): boolean => world.running.count === 0 && world.limitStore.openCount === 0;
  const claim = `running ${world.running.count} and open ${world.limitStore.openCount} are 0`;
  return until(isQuiet, limitMs, claim);
}

/** How long until it has been quiet for half a second on end. */
export async function staysQuiet(house: House, limitMs: number): Promise<number> {
  const startMs = performance.now();
  const { world } = house.running;
  let sinceMs = startMs;
  const isQuietLong = (): boolean => {
    if (world.running.count > 0 || world.limitStore.openCount > 0) sinceMs = performance.now();
    return performance.now() - sinceMs >= 500;
  };
  await until(isQuietLong, limitMs, 'nothing runs and nothing is held for 500 ms');
  return sinceMs - startMs;
}

/** The data of every event; fails where the text is not a whole number of well-formed events. */
export function eventsOf(text: string): string[] {
  if (text === '') return [];
  assert.ok(
    text.endsWith('\n\n'),
    `a stream ends with a whole event: …${JSON.stringify(text.slice(-60))}`,
  );
  const events: string[] = [];
  for (const block of text.slice(0, -2).split('\n\n')) {
    const data: string[] = [];
    for (const line of block.split('\n')) {
      assert.match(line, /^(?:data: |event: |:)/u, 'a line of an event');
      if (line.startsWith('data: ')) data.push(line.slice(6));
    }
    const joined = data.join('\n');
    if (joined !== '' && joined !== '[DONE]') JSON.parse(joined);
    if (joined !== '') events.push(joined);
  }
  return events;
}

/** The text that a chat stream said. */
export function saidOf(events: readonly string[]): string {
  let said = '';
  for (const event of events) {
    if (event === '[DONE]') continue;
    const { choices } = JSON.parse(event) as { choices?: { delta?: { content?: string } }[] };
    said += choices?.[0]?.delta?.content ?? '';
  }
  return said;
}

export const isErrorEvent = (event: string | undefined): boolean =>
  event !== undefined && event !== '[DONE]' && 'error' in (JSON.parse(event) as object);

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** The terminal record of each call that was admitted: exactly one, or this fails. */
export function terminalRecords(records: readonly AuditRecord[]): Map<string, AuditRecord> {
  const terminal = new Map<string, AuditRecord>();
  const admitted = new Set<string>();
  for (const record of records) {
    const { kind, requestId } = record;
    if (requestId === undefined) continue;
    if (kind === 'admit') admitted.add(requestId);
    else if (kind !== 'system' && admitted.has(requestId)) {
      assert.ok(!terminal.has(requestId), `${requestId} ended twice`);
      terminal.set(requestId, record);
    }
  }
  assert.equal(terminal.size, admitted.size, 'every admitted call has an end');
  return terminal;
}

/** Samples how long the event loop stood still at a time, while `work` runs. */
export async function longestStallMs(work: () => Promise<void>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const tick = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
  }, 1);
  try {
    await work();
  } finally {
    clearInterval(tick);
  }
  return Math.max(longest, performance.now() - last - 1);
}
