/**
 * CLI-12: what a refusal costs the gateway, held against what a good caller's call costs it.
 *
 * The gateway, the strangers and the caller are processes of their own. Wall time says nothing on
 * cores that are shared with whatever else runs (the strangers take as much of them as the gateway), so
 * what is held is a ratio of CPU of one process in the same seconds: a busy machine makes both parts of
 * it dearer. `bench/unauthenticated.bench.ts` has the wall time, for a machine with cores to spare.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { GatewayFolder } from '../support/gateway-process.ts';
import { bearer, chat, post, TENANT } from '../support/house.ts';
import { percentile } from '../support/streams.ts';
import { completion, json, openUpstream } from '../support/upstream.ts';

const RATE = 5_000;
/** Of a call with a key, a role, both of its records and a provider that answers at once. */
const SHARE_MAX = 0.3;
const ROUNDS = 3;
const ROUND_MS = 1_000;
const CALLERS = 4;

interface Counts {
  readonly answered: number;
  readonly other: number;
}

async function tell(flood: ChildProcess, word: 'on' | 'off'): Promise<Counts> {
  const told = once(flood, 'message');
  flood.send(word);
  return (await told)[0] as Counts;
}

/** utime and stime, in clock ticks of 10 ms. */
function cpuMsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** How many calls were answered, one after another by each caller. */
async function callsFor(url: string, key: string, ms: number): Promise<number> {
  let calls = 0;
  const endMs = performance.now() + ms;
  const caller = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const { status } = await post(`${url}/v1/chat/completions`, chat('hello'), bearer(key));
      assert.equal(status, 200);
      calls += 1;
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  return calls;
}

interface Round {
  readonly calls: number;
  readonly refusals: number;
  readonly cpuMs: number;
  readonly ms: number;
}

test('CLI-12: a refusal costs less than a third of a call, while thousands a second are refused', async (t) => {
  const upstream = await openUpstream((_seen, response) =>
    json(response, 200, completion('hello')),
  );
  const folder = new GatewayFolder(
    `
providers: { local: { type: openai, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true } }
models: { demo: { deployments: [{ provider: local, model: m }] } }
tenants: [{ id: ${TENANT}, bindings: [{ role: developer, users: ["*"] }] }]
guards: []
server: { listen: "127.0.0.1:0", tarpit: { hold: 0ms } }`,
    { UPSTREAM_KEY: 'an-upstream-key-of-a-test' },
  );
  const { key } = folder.key(TENANT);
  const gateway = await folder.start();
  const { port } = new URL(gateway.url);
  const flood = fork(
    join(import.meta.dirname, '..', 'support', 'flood-process.ts'),
    [port, String(RATE)],
    { execArgv: process.execArgv, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
  );
  const round = async (isBeside: boolean): Promise<Round> => {
    const word = isBeside ? 'on' : 'off';
    const before = await tell(flood, word);
    const [startCpu, startMs] = [cpuMsOf(gateway.pid), performance.now()];
    const calls = await callsFor(gateway.url, key, ROUND_MS);
    const [cpuMs, ms] = [cpuMsOf(gateway.pid) - startCpu, performance.now() - startMs];
    const after = await tell(flood, 'off');
    assert.equal(after.other, 0, 'every stranger is refused');
    return { calls, refusals: after.answered - before.answered, cpuMs, ms };
  };
  const [shares, rates, refusalUs]: [number[], number[], number[]] = [[], [], []];
  try {
    await round(true);
    await round(false);
    for (let index = 0; index < ROUNDS; index += 1) {
      const [quiet, busy] = [await round(false), await round(true)];
      const callMs = quiet.cpuMs / quiet.calls;
      const refusalMs = (busy.cpuMs - busy.calls * callMs) / busy.refusals;
      shares.push(refusalMs / callMs);
      refusalUs.push(refusalMs * 1_000);
      rates.push((busy.refusals / busy.ms) * 1_000);
    }
  } finally {
    flood.disconnect();
    gateway.kill('SIGTERM');
    await gateway.exited;
    folder.remove();
    await upstream.close();
  }
  const median = (values: readonly number[]): number => percentile([...values], 0.5);
  const told = `${median(rates).toFixed(0)} refusals a second of ${RATE} asked for, ${median(refusalUs).toFixed(0)} µs of CPU each, ${median(shares).toFixed(2)} of a call`;
  t.diagnostic(told);
  // Fewer than were asked for, where the strangers themselves get no more of the machine.
  assert.ok(median(rates) > RATE / 10, told);
  assert.ok(median(shares) <= SHARE_MAX, told);
});
