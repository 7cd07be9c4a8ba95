/**
 * CLI-13: what a stranger costs before he is refused. The processor time is the gateway's own, read from
 * /proc, so that the caller's is not in it; what is allocated is of gateway and caller together, as both are
 * in one process there, and so the more.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Agent, request as httpRequest } from 'node:http';
import { Session } from 'node:inspector/promises';
import { test } from 'node:test';

import { formatApiKey, newApiKey } from '#policy/authenticators/api-key-format.ts';

import { GatewayFolder } from '../support/gateway-process.ts';
import { BASE, bearer, chat, DEMO, openHouse } from '../support/house.ts';
import { paced } from '../support/pace.ts';

const CPU_US_MAX = 200;
const ALLOCATED_MAX = 64 * 1_024;
const ASKED = 500;
const ROUNDS = 4;
const CALLERS = 4;
const SAMPLED_BYTES = 1_024;
/** Else an address that fails so often is refused before its key is read, and waits for it. */
const NO_LIMIT = `auth: { failuresPerAddress: 1000000/1s }
server: { listen: "127.0.0.1:0", tarpit: { hold: 0ms } }
`;

/** The form of a key, and a checksum that is wrong. */
function junk(): string {
  const key = formatApiKey(newApiKey('live'));
  const last = key.at(-1) === 'a' ? 'b' : 'a';
  return key.slice(0, -1) + last;
}

/** `count` calls with made-up keys, all refused as such. */
async function strangers(url: string, agent: Agent, count: number): Promise<void> {
  const body = JSON.stringify(chat('a question of a stranger '.repeat(40)));
  const headers = { 'content-type': 'application/json', 'content-length': body.length };
  const ask = (): Promise<number> =>
    new Promise((resolve, reject) => {
      const options = { agent, method: 'POST', headers: { ...headers, ...bearer(junk()) } };
      const request = httpRequest(`${url}/v1/chat/completions`, options, (response) => {
        response.resume().on('end', () => resolve(response.statusCode ?? 0));
      });
      request.on('error', reject).end(body);
    });
  let sent = 0;
  const caller = async (): Promise<void> => {
    while (sent < count) {
      sent += 1;
      assert.equal(await ask(), 401);
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
}

/** utime and stime, in clock ticks of 10 ms. */
function cpuUsOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10_000;
}

test('CLI-13: a refusal costs at most 0.2 ms of processor time', async (t) => {
  const folder = new GatewayFolder(`${DEMO}guards: []\n${NO_LIMIT}`);
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  try {
    const { url, pid } = await folder.start();
    await strangers(url, agent, ASKED);
    const costs: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const before = cpuUsOf(pid);
      await strangers(url, agent, ASKED);
      costs.push((cpuUsOf(pid) - before) / ASKED);
    }
    t.diagnostic(`a refusal costs ${costs.map((cost) => cost.toFixed(0)).join(', ')} µs`);
    // Who shares the machine can only make it more.
    const least = Math.min(...costs);
    assert.ok(least > 0, 'it was measured');
    assert.ok(least <= paced(CPU_US_MAX), `${least} µs`);
  } finally {
    agent.destroy();
    folder.remove();
  }
});

interface Sampled {
  readonly selfSize: number;
  readonly children: readonly Sampled[];
}
const bytesIn = ({ selfSize, children }: Sampled): number =>
  children.reduce((sum, child) => sum + bytesIn(child), selfSize);

test('CLI-13: a refusal allocates at most 64 KB of the heap, its caller included', async (t) => {
  const house = await openHouse(`${DEMO}${BASE}guards: []\n${NO_LIMIT}`);
  const agent = new Agent({ keepAlive: true, maxSockets: CALLERS });
  const session = new Session();
  try {
    await strangers(house.url, agent, ASKED);
    session.connect();
    await session.post('HeapProfiler.startSampling', {
      samplingInterval: SAMPLED_BYTES,
      includeObjectsCollectedByMajorGC: true,
      includeObjectsCollectedByMinorGC: true,
    });
    await strangers(house.url, agent, ASKED);
    const { profile } = await session.post('HeapProfiler.stopSampling');
    const each = bytesIn(profile.head) / ASKED;
    t.diagnostic(`a refusal and its caller allocate ${(each / 1_024).toFixed(1)} KB`);
    assert.ok(each > 1_024, 'it was measured');
    assert.ok(each <= ALLOCATED_MAX, `${each} bytes`);
  } finally {
    session.disconnect();
    agent.destroy();
    await house.close();
  }
});
