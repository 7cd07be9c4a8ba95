/** Load on loopback, bounded in count and in time, and a provider that can do so much and no more. */
import { Agent, request as httpRequest } from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';

import { completion, json, type Script } from './upstream.ts';

export interface Shot {
  readonly status: number;
  /** When it was sent, and how long until the last byte of its answer. */
  readonly atMs: number;
  readonly ms: number;
  readonly isRetryable: boolean;
}

export interface Gun {
  fire(headers?: Record<string, string>): Promise<Shot>;
  close(): void;
}

const SOCKETS_MAX = 1_500;

/** Sends one kind of call again and again, over connections that are kept. */
export function openGun(url: string, body: object, headers: Record<string, string>): Gun {
  const agent = new Agent({ keepAlive: true, maxSockets: SOCKETS_MAX });
  const payload = JSON.stringify(body);
  const all = {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(payload),
    ...headers,
  };
  const fire = (more: Record<string, string> = {}): Promise<Shot> =>
    new Promise((resolve) => {
      const atMs = performance.now();
      const done = (status: number, isRetryable: boolean): void =>
        resolve({ status, atMs, ms: performance.now() - atMs, isRetryable });
      const options = { method: 'POST', agent, headers: { ...all, ...more } };
      const request = httpRequest(url, options, (response) => {
        response.resume();
        const { statusCode = 0, headers: answered } = response;
        response.on('end', () => done(statusCode, answered['retry-after'] !== undefined));
        response.on('error', () => done(0, false));
      });
      request.on('error', () => done(0, false));
      request.end(payload);
    });
  return { fire, close: () => agent.destroy() };
}

/** So many callers, each of whom sends the next call when it has its answer. */
export async function closedLoop(callers: number, ms: number, gun: Gun): Promise<Shot[]> {
  const shots: Shot[] = [];
  const endMs = performance.now() + ms;
  const one = async (): Promise<void> => {
    while (performance.now() < endMs) shots.push(await gun.fire());
  };
  await Promise.all(Array.from({ length: callers }, one));
  return shots;
}

/** So many calls a second, whether or not anybody answers. */
export function openLoop(perSecond: number, ms: number, gun: Gun): Promise<Shot[]> {
  return openLoopUntil(perSecond, ms, gun).ended;
}

/** The same, which can be stopped before its time. */
export function openLoopUntil(perSecond: number, ms: number, gun: Gun) {
  const pending: Promise<Shot>[] = [];
  const startMs = performance.now();
  let count = Math.round((perSecond * ms) / 1_000);
  const ended = (async () => {
    while (pending.length < count) {
      const due = Math.min(count, Math.floor(((performance.now() - startMs) * perSecond) / 1_000));
      while (pending.length < due) pending.push(gun.fire());
      await delay(2);
    }
    return await Promise.all(pending);
  })();
  return {
    ended,
    stop: (): Promise<Shot[]> => {
      count = pending.length;
      return ended;
    },
  };
}

/** Works on so many calls at once, each for so long; the others wait in a queue without a bound. */
export function limitedProvider(servers: number, workMs: number): Script & { peak: () => number } {
  const waiting: (() => void)[] = [];
  let busy = 0;
  let peak = 0;
  const script: Script = async (_seen, response) => {
    peak = Math.max(peak, busy + waiting.length + 1);
    if (busy >= servers) await new Promise<void>((go) => waiting.push(go));
    else busy += 1;
    await delay(workMs);
    const next = waiting.shift();
    if (next === undefined) busy -= 1;
    else next();
    json(response, 200, completion('fine'));
  };
  return Object.assign(script, {
    peak: () => {
      const highest = peak;
      peak = 0;
      return highest;
    },
  });
}
