/**
 * What two workers come to against one process, on a machine where load and provider take a part of it.
 *
 *   node bench/workers.bench.ts            needs nginx and wrk (Debian: nginx-light, wrk)
 *
 * CPU time of every process of the gateway is read from /proc before and after; wrk's and the provider's
 * do not count. One process does at most one core's worth of work. Two workers and their owner on two
 * cores do as much as two cores hold: `growth` is how many times the requests that is, of what was
 * measured a request. Rounds alternate, and the median of each round's own growth is printed.
 */
import assert from 'node:assert/strict';

import { BASE } from '../tests/support/house.ts';
import { GatewayFolder, type GatewayProcess } from '../tests/support/gateway-process.ts';
import { children, freePort, type Load, load, median, startNginx } from './proxies.ts';
import { reply } from './scripted-reply.ts';

const ROUNDS = 5;
const SECONDS = 4;
const WARM_SECONDS = 10;
/** A gateway that needs a second worker has many callers. */
const CONNECTIONS = 64;

const LIMITS = `limits:
  - { name: per-key, per: [key], requests: 100000000/1m }
  - { name: per-address, per: [ip], requests: 100000000/1m }
  - { name: per-user, per: [user, model], tokens: 100000000000/1m }
  - { name: per-tenant, per: [tenant], requests: 100000000/1m }
`;

interface Subject extends Load {
  readonly name: string;
  readonly folder: GatewayFolder;
  readonly gateway: GatewayProcess;
}

async function open(
  name: string,
  { workers, limits, leases }: { workers: number; limits: string; leases: boolean },
): Promise<Subject> {
  const folder = new GatewayFolder(
    `server: { listen: "127.0.0.1:0", workers: ${workers}, workerLeases: ${leases} }
providers:
  local: { type: openai, baseUrl: "${upstream}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards: []
${limits}${BASE}`,
    { UPSTREAM_KEY: 'benchmark-upstream-key' },
  );
  const gateway = await folder.start();
  const { key } = folder.key('acme');
  return {
    name,
    folder,
    gateway,
    url: gateway.url,
    pid: gateway.pid,
    key,
    connections: CONNECTIONS,
  };
}

const upstreamPort = await freePort();
const upstream = `http://127.0.0.1:${upstreamPort}/v1`;
startNginx(
  'upstream',
  `server { listen 127.0.0.1:${upstreamPort} backlog=1024; location / { default_type application/json; return 200 '${reply}'; } }`,
);
const subjects: Subject[] = [];
try {
  for (const [name, of] of [
    ['plain-1', { workers: 1, limits: '', leases: false }],
    ['plain-2', { workers: 2, limits: '', leases: false }],
    ['limited-1', { workers: 1, limits: LIMITS, leases: false }],
    ['limited-2', { workers: 2, limits: LIMITS, leases: false }],
    ['leased-2', { workers: 2, limits: LIMITS, leases: true }],
  ] as const) {
    subjects.push(await open(name, of));
  }
  for (const subject of subjects) load(subject, WARM_SECONDS);
  const costs = new Map(
    subjects.map(({ name }) => [name, { us: [0].slice(1), rps: [0].slice(1) }]),
  );
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const subject of subjects) {
      const { usPerRequest, rps } = load(subject, SECONDS);
      costs.get(subject.name)?.us.push(usPerRequest);
      costs.get(subject.name)?.rps.push(rps);
    }
  }
  const usOf = (name: string): number => median([...(costs.get(name)?.us ?? [])]);
  const growths = (one: string, two: string): number[] => {
    const ofTwo = costs.get(two)?.us ?? [];
    return (costs.get(one)?.us ?? []).map((us, round) =>
      Number(((2 * us) / (ofTwo[round] ?? Number.NaN)).toFixed(2)),
    );
  };
  const rounds = {
    plain: growths('plain-1', 'plain-2'),
    limited: growths('limited-1', 'limited-2'),
    leased: growths('limited-1', 'leased-2'),
  };
  const figures = Object.fromEntries(
    [...costs].map(([name, { rps }]) => [
      name,
      { us: Math.round(usOf(name)), rps: Math.round(median(rps)) },
    ]),
  );
  assert.ok(Object.values(figures).every(({ us }) => us > 0));
  process.stdout.write(
    `${JSON.stringify({
      bench: 'workers',
      unit: 'µs CPU a request, of all processes of the gateway',
      ...figures,
      growthPlain: median([...rounds.plain]),
      growthLimited: median([...rounds.limited]),
      growthLeased: median([...rounds.leased]),
      rounds,
    })}\n`,
  );
} finally {
  for (const { gateway } of subjects) gateway.kill('SIGTERM');
  await Promise.all(subjects.map(({ gateway }) => gateway.exited));
  for (const { folder } of subjects) folder.remove();
  for (const child of children) child.kill('SIGTERM');
}
