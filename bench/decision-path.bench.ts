/**
 * What the gateway itself costs a request, with every port answered in memory: authenticate, grant,
 * four limits, record, encode, read the answer, record, settle.
 *
 *   node bench/decision-path.bench.ts [guards]
 *
 * One process measures one variant. Prints one JSON line with the spread.
 */
import assert from 'node:assert/strict';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { handleRequest } from '#gateway/handle-request.ts';
import type { Gateway, Inbound, Outlet } from '#gateway/ports.ts';
import { matchRoute } from '#gateway/routes.ts';
import { UpstreamBody } from '#gateway/upstream-body.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { ok } from '#stdx/result.ts';

import { BASE, openHouse } from '../tests/support/house.ts';
import { reply } from './scripted-reply.ts';

const WARM_UP = 30_000;
const ROUNDS = 40;
const PER_ROUND = 1_000;
const isGuarded = process.argv[2] === 'guards';

const house = await openHouse(
  `
providers: { local: { type: openai, baseUrl: "http://127.0.0.1:1/v1", allowPrivateAddress: true } }
models: { demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } } }
limits:
  - { name: per-key, per: [key], requests: 100000000/1m }
  - { name: per-address, per: [ip], requests: 100000000/1m }
  - { name: per-user, per: [user, model], tokens: 100000000000/1m }
  - { name: per-tenant, per: [tenant], requests: 100000000/1m }
guards: ${isGuarded ? '[{ name: secrets, type: secrets, action: redact }]' : '[]'}
${BASE}`,
  {},
  mkdtempSync(join(tmpdir(), 'llmproxy-bench-')),
);
const key = await house.key();
const real = house.running.current();

const replyBytes = Buffer.from(reply);
const request = Buffer.from(
  JSON.stringify({
    model: 'demo',
    messages: [{ role: 'user', content: 'lorem ipsum dolor sit amet '.repeat(38) }],
  }),
);

let audited = 0;
const upstreams: Gateway['upstreams'] = {
  ...real.upstreams,
  of: (deployment) => ({
    ...real.upstreams.of(deployment),
    send: () => {
      const body = new UpstreamBody();
      body.add(replyBytes);
      body.end();
      return Promise.resolve({
        status: 200,
        headers: { 'content-type': 'application/json' },
        body,
      });
    },
  }),
};
const { Egress } = await import('#gateway/egress.ts');
const gateway: Gateway = {
  ...real,
  upstreams,
  egress: new Egress({
    upstreams,
    clock: real.clock,
    random: Math.random,
    delay: () => Promise.resolve(),
    shed: () => {},
  }),
  audit: {
    isTaking: true,
    append: () => {
      audited += 1;
      return Promise.resolve(audited);
    },
  },
};
const match = matchRoute('POST', '/v1/chat/completions');
assert.ok(match.kind === 'found');
const rawHeaders = [
  'Host',
  'localhost',
  'Authorization',
  `Bearer ${key}`,
  'Content-Type',
  'application/json',
];
let answered = 0;
const outlet = {
  isBegun: false,
  send: (status: number) => {
    if (status === 200) answered += 1;
  },
} as unknown as Outlet;

const one = (): Promise<void> => {
  const inbound: Inbound = {
    requestId: `req_${answered}`,
    route: match.route,
    id: null,
    rawHeaders,
    certificate: () => null,
    ip: '127.0.0.1',
    startMs: performance.now(),
    cancellation: new Cancellation(),
    heldBytes: () => 0,
    readBody: () => Promise.resolve(ok(request)),
  };
  return handleRequest(inbound, outlet, gateway);
};

const round = async (count: number): Promise<number> => {
  const startMs = performance.now();
  for (let index = 0; index < count; index += 1) await one();
  return ((performance.now() - startMs) * 1_000) / count;
};

await round(WARM_UP);
const timesUs: number[] = [];
for (let index = 0; index < ROUNDS; index += 1) timesUs.push(await round(PER_ROUND));
timesUs.sort((a, b) => a - b);

// A benchmark that did not do the work is the fastest of all.
const total = WARM_UP + ROUNDS * PER_ROUND;
assert.equal(answered, total);
assert.equal(audited, total * 2);

const at = (share: number): number =>
  Number((timesUs[Math.floor((timesUs.length - 1) * share)] ?? Number.NaN).toFixed(1));
process.stdout.write(
  `${JSON.stringify({ bench: 'decision-path', guards: isGuarded, unit: 'µs', p50: at(0.5), min: at(0), max: at(1) })}\n`,
);
await house.close();
process.exit(0);
