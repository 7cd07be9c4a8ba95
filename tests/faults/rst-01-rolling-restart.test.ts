/**
 * RST-01: gateways are replaced one after another under load, behind a real load balancer, and nobody
 * notices: no connection error, no refusal, no cut stream. Behind one that does not ask, hardly anybody.
 */
import assert from 'node:assert/strict';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';

import { verifyLog } from '#audit/verify.ts';

import { type Balancer, openHaproxy, openNginx } from '../support/balancers.ts';
import { GatewayFolder } from '../support/gateway-process.ts';
import { BASE, DEMO, TENANT } from '../support/house.ts';
import { freePort, sleep } from '../support/programs.ts';
import { type Fleet, loadOn, replaced } from '../support/rolling.ts';
import { IS_FULL } from '../support/streams.ts';

interface Keyed extends Fleet {
  readonly key: string;
}

const yamlFor = (port: number): string =>
  `${DEMO}${BASE}guards: []
server: { listen: "127.0.0.1:${port}", drainDelay: 1500ms, drainLimit: 10s }`;

/** Two gateways that know the same key: the store of the first is copied before either begins. */
async function openFleet(t: TestContext): Promise<Keyed> {
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

const MOMENT_MS = 500;

/** A machine that stands still in the moment of a closing door keeps several of the callers before it. */
function momentsOf(failedMs: readonly number[]): number {
  let [moments, endMs] = [0, 0];
  for (const ms of failedMs) {
    if (ms < endMs) continue;
    moments += 1;
    endMs = ms + MOMENT_MS;
  }
  return moments;
}

type Open = (ports: readonly number[]) => Promise<Balancer>;

async function rolled(
  t: TestContext,
  { open, replacements, momentsMax }: { open: Open; replacements: number; momentsMax: number },
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
  const moments = momentsOf(load.failedMs);
  assert.ok(moments <= momentsMax, load.failures.join('\n') + balancer.said());
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
  rolled(t, { open: openHaproxy, replacements: 8, momentsMax: 0 }),
);

// It sends calls until it is refused. One whose connection is made between the last look at the door and
// its end, which is less than a millisecond, is reset, and nginx does not send a POST twice.
test('RST-01: behind nginx, which asks for nothing', { timeout: 240_000 }, (t) => {
  const replacements = IS_FULL ? 8 : 3;
  return rolled(t, { open: openNginx, replacements, momentsMax: Math.ceil(replacements / 4) });
});
