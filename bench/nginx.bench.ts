/**
 * CPU a request of the whole gateway against nginx as a bare reverse proxy, in the same run, over
 * the same fixed upstream: a 1 KB prompt, not streamed, key, role, four limits and audit on.
 *
 *   node bench/nginx.bench.ts            needs nginx and wrk (Debian: nginx-light, wrk)
 *
 * The least that a proxy in Node does is measured beside them: what is below it no gateway in Node reaches.
 *
 * The upstream is nginx as well, in its own processes. CPU time of the proxy under test alone is
 * read from /proc before and after; wrk's and the upstream's do not count. Rounds alternate, and the
 * median of the ratios is printed as one JSON line.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

import { children, freePort, type Load, load, median, startNginx } from './proxies.ts';
import { reply } from './scripted-reply.ts';

const ROUNDS = 5;
const SECONDS = 4;
const WARM_SECONDS = 12;
const CONNECTIONS = 16;

async function start(file: string, ...args: readonly string[]): Promise<Load> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(import.meta.dirname, file), ...args],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  const line = await new Promise<string>((resolve) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString('utf8')));
  });
  return { ...(JSON.parse(line) as Load), connections: CONNECTIONS };
}

try {
  const [upstreamPort, proxyPort] = [await freePort(), await freePort()];
  startNginx(
    'upstream',
    `server { listen 127.0.0.1:${upstreamPort} backlog=1024; location / { default_type application/json; return 200 '${reply}'; } }`,
  );
  const proxyPid = startNginx(
    'proxy',
    `upstream u { server 127.0.0.1:${upstreamPort}; keepalive 64; keepalive_requests 10000000; }
     server { listen 127.0.0.1:${proxyPort} backlog=1024; location / { proxy_pass http://u; proxy_http_version 1.1; proxy_set_header Connection ""; } }`,
  );
  const upstream = `http://127.0.0.1:${upstreamPort}/v1`;
  const plain = await start('gateway-process.ts', upstream, 'off');
  const guarded = await start('gateway-process.ts', upstream, 'on');
  const node = await start('plain-proxy-process.ts', upstream);
  const nginx: Load = {
    url: `http://127.0.0.1:${proxyPort}`,
    pid: proxyPid,
    key: plain.key,
    connections: CONNECTIONS,
  };
  // A gateway runs for weeks: what its compiler does in the first seconds is not what a request costs.
  for (const target of [plain, guarded, node]) load(target, WARM_SECONDS);
  load(nginx, 2);
  const rows: { nginx: number; node: number; off: number; on: number; rps: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = load(nginx, SECONDS);
    const least = load(node, SECONDS);
    const off = load(plain, SECONDS);
    const on = load(guarded, SECONDS);
    rows.push({
      nginx: bare.usPerRequest,
      node: least.usPerRequest,
      off: off.usPerRequest,
      on: on.usPerRequest,
      rps: off.rps,
    });
  }
  const ratio = (of: 'node' | 'off' | 'on'): number =>
    median(rows.map((row) => row[of] / row.nginx));
  process.stdout.write(
    `${JSON.stringify({
      bench: 'nginx',
      unit: 'µs CPU a request',
      nginx: Math.round(median(rows.map((row) => row.nginx))),
      plainNode: Math.round(median(rows.map((row) => row.node))),
      guardsOff: Math.round(median(rows.map((row) => row.off))),
      guardsOn: Math.round(median(rows.map((row) => row.on))),
      ratioPlainNode: Number(ratio('node').toFixed(2)),
      ratioGuardsOff: Number(ratio('off').toFixed(2)),
      ratioGuardsOn: Number(ratio('on').toFixed(2)),
      requestsPerSecond: Math.round(median(rows.map((row) => row.rps))),
      rounds: rows.map((row) => Number((row.off / row.nginx).toFixed(2))),
    })}\n`,
  );
} finally {
  for (const child of children) child.kill('SIGTERM');
}
