/**
 * RST-01: gateways are replaced one after another under load, behind a real load balancer, and nobody
 * notices: no connection error, no refusal, no cut stream. Behind one that does not ask, hardly anybody.
 */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { Agent } from 'node:http';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { verifyLog } from '#audit/verify.ts';

import { type Balancer, openHaproxy, openNginx } from '../support/balancers.ts';
import { GatewayFolder, type GatewayProcess } from '../support/gateway-process.ts';
import { BASE, chat, DEMO, TENANT } from '../support/house.ts';
import { eventually, freePort, sleep } from '../support/programs.ts';
import { IS_FULL } from '../support/streams.ts';
import { callWhole } from '../support/whole-call.ts';

const CLIENTS = 50;

interface Fleet {
  readonly ports: readonly number[];
  readonly folders: readonly GatewayFolder[];
  readonly running: GatewayProcess[];
  readonly key: string;
}

const yamlFor = (port: number): string =>
  `${DEMO}${BASE}guards: []
server: { listen: "127.0.0.1:${port}", drainDelay: 1500ms, drainLimit: 10s }`;

/** Two gateways that know the same key: the store of the first is copied before either begins. */
async function openFleet(t: TestContext): Promise<Fleet> {
  const ports = [await freePort(), await freePort()];
  const folders = ports.map((port) => new GatewayFolder(yamlFor(port)));
  t.after(() => folders.forEach((folder) => folder.remove()));
  const [first, second] = folders;
  assert.ok(first !== undefined && second !== undefined);
  const { key } = first.key(TENANT);
  cpSync(join(first.dir, 'data'), join(second.dir, 'data'), { recursive: true });
  const running = await Promise.all(folders.map((folder) => folder.start()));
  return { ports, folders, running, key };
}

interface Load {
  readonly failures: string[];
  answered: number;
  streamed: number;
  stop(): Promise<void>;
}

/** Each client has one connection, and asks again as soon as it has its answer; every third streams. */
function loadOn(url: string, key: string): Load {
  let isStopped = false;
  const load: Load = {
    failures: [],
    answered: 0,
    streamed: 0,
    async stop() {
      isStopped = true;
      await Promise.all(clients);
    },
  };
  const clients = Array.from({ length: CLIENTS }, async (_none, index) => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const isStream = index % 10 < 3;
    while (!isStopped) {
      const failure = await ask(url, key, agent, isStream);
      if (failure !== null) load.failures.push(failure);
      else if (isStream) load.streamed += 1;
      else load.answered += 1;
      // Far from what one gateway can do: what is tested is that it goes, not that it is full.
      await sleep(200 + (index % 7) * 30);
    }
    agent.destroy();
  });
  return load;
}

/** Null: it went well. */
async function ask(
  url: string,
  key: string,
  agent: Agent,
  isStream: boolean,
): Promise<string | null> {
  const text = 'tell me a story of some length, please. '.repeat(isStream ? 40 : 1);
  const answer = await callWhole({ url, key, agent, body: chat(text, { stream: isStream }) });
  if (typeof answer === 'string') return answer;
  return answer.status === 200 ? null : `${answer.status}: ${answer.text.slice(0, 200)}`;
}

async function replaced({ folders, running, ports }: Fleet, index: number): Promise<void> {
  const [folder, process, port] = [folders[index], running[index], ports[index]];
  assert.ok(folder !== undefined && process !== undefined);
  process.kill('SIGTERM');
  const { code } = await process.exited;
  assert.equal(code, 0, process.stderr());
  running[index] = await folder.start();
  await eventually(async () => {
    const { status } = await fetch(`http://127.0.0.1:${port}/readyz`);
    assert.equal(status, 200);
  });
  // The balancer has to see it before the other one goes.
  await sleep(1_200);
}

type Open = (ports: readonly number[]) => Promise<Balancer>;

async function rolled(
  t: TestContext,
  { open, replacements, failuresMax }: { open: Open; replacements: number; failuresMax: number },
): Promise<void> {
  const fleet = await openFleet(t);
  const balancer = await open(fleet.ports);
  const load = loadOn(balancer.url, fleet.key);
  try {
    await sleep(500);
    for (let turn = 0; turn < replacements; turn += 1) await replaced(fleet, turn % 2);
  } finally {
    await load.stop();
    await balancer.stop();
  }
  assert.ok(load.failures.length <= failuresMax, load.failures.join('\n') + balancer.said());
  const least = replacements * 20;
  assert.ok(load.answered > least && load.streamed > least / 4, JSON.stringify(load));
  process.stdout.write(
    `${replacements} replacements, ${load.answered} answers, ${load.streamed} streams, ${load.failures.length} errors\n`,
  );
  for (const [index, folder] of fleet.folders.entries()) {
    fleet.running[index]?.kill('SIGTERM');
    await fleet.running[index]?.exited;
    const { exit } = verifyLog(folder.auditDir);
    assert.ok(exit === 0 || exit === 4, String(exit));
  }
}

test('RST-01: behind HAProxy, which asks for readiness', { timeout: 180_000 }, (t) =>
  rolled(t, { open: openHaproxy, replacements: 8, failuresMax: 0 }),
);

// It sends calls until it is refused. One whose connection is made between the last look at the door and
// its end, which is less than a millisecond, is reset, and nginx does not send a POST twice.
test('RST-01: behind nginx, which asks for nothing', { timeout: 240_000 }, (t) => {
  const replacements = IS_FULL ? 8 : 3;
  return rolled(t, { open: openNginx, replacements, failuresMax: Math.ceil(replacements / 4) });
});
