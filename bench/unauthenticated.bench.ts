/**
 * What strangers cost a good caller: 5,000 requests a second with made-up keys, from one address, beside a
 * caller who sends one call after another. Rounds with and without the flood alternate; each has its
 * percentiles, and the CPU that the gateway spent on a refusal is read from /proc. Three floods: on a few
 * connections, on many, and on a new one for each request. What they send is what they can: who is held
 * back sends less.
 *
 *   node bench/unauthenticated.bench.ts
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { openUpstream } from '../tests/support/upstream.ts';

const RATE = 5_000;
const ROUNDS = 4;
/** Connections, and whether each is for one request. */
const FLOODS = [
  ['32', 'kept'],
  ['1024', 'kept'],
  ['1024', 'fresh'],
] as const;
const ROUND_MS = 4_000;
const WARM_MS = 3_000;

interface Started {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
}

const started = (name: string, args: string[], stdout: 'pipe' | 'ignore'): ChildProcess =>
  fork(join(import.meta.dirname, name), args, {
    execArgv: process.execArgv,
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
  });

async function toldBy(child: ChildProcess): Promise<Started> {
  const [line] = (await once(child.stdout ?? assert.fail('no output'), 'data')) as [Buffer];
  return JSON.parse(line.toString()) as Started;
}

const agent = new Agent({ keepAlive: true, maxSockets: 1 });
const body = JSON.stringify({
  model: 'demo',
  messages: [{ role: 'user', content: 'lorem ipsum dolor sit amet '.repeat(38) }],
});

function call({ url, key }: Started): Promise<number> {
  const startMs = performance.now();
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  return new Promise((resolve, reject) => {
    const request = httpRequest(
      `${url}/v1/chat/completions`,
      { agent, method: 'POST', headers },
      (response) => {
        assert.equal(response.statusCode, 200);
        response.resume().on('end', () => resolve(performance.now() - startMs));
      },
    );
    request.on('error', reject).end(body);
  });
}

async function callsFor(gateway: Started, ms: number): Promise<number[]> {
  const tookMs: number[] = [];
  const endMs = performance.now() + ms;
  while (performance.now() < endMs) {
    tookMs.push(await call(gateway));
    // A caller who never pauses would be a load test of its own.
    await delay(2);
  }
  return tookMs.toSorted((a, b) => a - b);
}

const at = (sorted: readonly number[], share: number): number =>
  sorted[Math.floor(sorted.length * share)] ?? Number.NaN;

/** utime and stime, in clock ticks of 10 ms. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

interface Counts {
  readonly answered: number;
  readonly refused: number;
  readonly other: number;
}

async function tell(flood: ChildProcess, word: 'on' | 'off'): Promise<Counts> {
  const told = once(flood, 'message');
  flood.send(word);
  return (await told)[0] as Counts;
}

const median = (values: readonly number[]): number =>
  at(
    values.toSorted((a, b) => a - b),
    0.5,
  );
const rounded = (value: number): number => Math.round(value * 1_000) / 1_000;

const p = (rounds: readonly number[][], share: number): number =>
  median(rounds.map((round) => at(round, share)));

async function beside(gateway: Started, [connections, how]: (typeof FLOODS)[number]) {
  const { port } = new URL(gateway.url);
  const args = [port, String(RATE), connections, how];
  const flood = started('../tests/support/flood-process.ts', args, 'ignore');
  try {
    await callsFor(gateway, WARM_MS);
    await tell(flood, 'on');
    await callsFor(gateway, WARM_MS);
    await tell(flood, 'off');
    const [quietRounds, busyRounds]: [number[][], number[][]] = [[], []];
    const [rates, refusalUs]: [number[], number[]] = [[], []];
    for (let round = 0; round < ROUNDS; round += 1) {
      upstream.seen.length = 0;
      const quietCpu = cpuMsOf(gateway.pid);
      const quiet = await callsFor(gateway, ROUND_MS);
      quietRounds.push(quiet);
      const callMs = (cpuMsOf(gateway.pid) - quietCpu) / quiet.length;
      const before = await tell(flood, 'on');
      const [startCpu, startMs] = [cpuMsOf(gateway.pid), performance.now()];
      const busy = await callsFor(gateway, ROUND_MS);
      busyRounds.push(busy);
      const after = await tell(flood, 'off');
      const tookMs = performance.now() - startMs;
      const count = after.answered - before.answered;
      assert.equal(after.other, 0, 'every stranger is refused');
      rates.push((count / tookMs) * 1_000);
      // Less what the good caller's own calls cost, which are fewer beside the flood.
      refusalUs.push(((cpuMsOf(gateway.pid) - startCpu - callMs * busy.length) * 1_000) / count);
    }
    return {
      strangers: `${connections} ${how}`,
      refusedPerSecond: Math.round(median(rates)),
      refusalCpuUs: rounded(median(refusalUs)),
      p50AloneMs: rounded(p(quietRounds, 0.5)),
      p50BesideMs: rounded(p(busyRounds, 0.5)),
      p50Ratio: rounded(p(busyRounds, 0.5) / p(quietRounds, 0.5)),
      p99AloneMs: rounded(p(quietRounds, 0.99)),
      p99BesideMs: rounded(p(busyRounds, 0.99)),
      p99Ratio: rounded(p(busyRounds, 0.99) / p(quietRounds, 0.99)),
      calls: quietRounds.flat().length + busyRounds.flat().length,
    };
  } finally {
    flood.disconnect();
  }
}

const upstream = await openUpstream();
const gatewayProcess = started('gateway-process.ts', [upstream.url, 'off'], 'pipe');
try {
  const gateway = await toldBy(gatewayProcess);
  for (const flood of FLOODS) {
    const figures = await beside(gateway, flood);
    process.stdout.write(`${JSON.stringify({ bench: 'unauthenticated', ...figures })}\n`);
  }
} finally {
  gatewayProcess.kill('SIGTERM');
  agent.destroy();
  await upstream.close();
}
