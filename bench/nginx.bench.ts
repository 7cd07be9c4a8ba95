/**
 * CPU a request of the whole gateway against nginx as a bare reverse proxy, in the same run, over
 * the same fixed upstream: a 1 KB prompt, not streamed, key, role, four limits and audit on.
 *
 *   node bench/nginx.bench.ts            needs nginx and wrk (Debian: nginx-light, wrk)
 *
 * The upstream is nginx as well, in its own processes. CPU time of the proxy under test alone is
 * read from /proc before and after; wrk's and the upstream's do not count. Rounds alternate, and the
 * median of the ratios is printed as one JSON line.
 */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROUNDS = 5;
const SECONDS = 4;
const WARM_SECONDS = 12;
const CONNECTIONS = 16;

const dir = mkdtempSync(join(tmpdir(), 'llmproxy-nginx-'));
const children: ChildProcess[] = [];

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });

const reply = JSON.stringify({
  id: 'chatcmpl-1',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [
    {
      index: 0,
      message: { role: 'assistant', content: 'word '.repeat(40) },
      finish_reason: 'stop',
    },
  ],
  usage: { prompt_tokens: 250, completion_tokens: 40, total_tokens: 290 },
});

function nginxConf(name: string, http: string): string {
  const file = join(dir, `${name}.conf`);
  writeFileSync(
    file,
    `worker_processes 1;
daemon off;
pid ${join(dir, `${name}.pid`)};
error_log ${join(dir, `${name}.log`)} crit;
events { worker_connections 1024; }
http {
  access_log off;
  keepalive_requests 10000000;
  client_body_temp_path ${dir};
  proxy_temp_path ${dir};
  fastcgi_temp_path ${dir};
  uwsgi_temp_path ${dir};
  scgi_temp_path ${dir};
  ${http}
}`,
  );
  return file;
}

function startNginx(name: string, http: string): number {
  const child = spawn('nginx', ['-c', nginxConf(name, http)], { stdio: 'inherit' });
  children.push(child);
  assert.ok(child.pid !== undefined);
  return child.pid;
}

/** utime + stime of a process and its children, in clock ticks of 10 ms. */
function ticksOf(pid: number): number {
  const own = (id: number): number => {
    const fields = readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
    return Number(fields[11]) + Number(fields[12]);
  };
  const kids = readdirSync('/proc')
    .filter((entry) => /^\d+$/u.test(entry))
    .map(Number)
    .filter((id) => {
      try {
        return (
          readFileSync(`/proc/${id}/stat`, 'utf8').split(') ')[1]?.split(' ')[1] === String(pid)
        );
      } catch {
        return false;
      }
    });
  return [pid, ...kids].reduce((sum, id) => sum + own(id), 0);
}

interface Load {
  readonly url: string;
  readonly pid: number;
  readonly key: string;
}

function load({ url, pid, key }: Load, seconds: number): { usPerRequest: number; rps: number } {
  const script = join(dir, 'post.lua');
  const body = JSON.stringify({
    model: 'demo',
    messages: [{ role: 'user', content: 'lorem ipsum dolor sit amet '.repeat(38) }],
  });
  writeFileSync(
    script,
    `wrk.method = "POST"
wrk.body = [[${body}]]
wrk.headers["content-type"] = "application/json"
wrk.headers["authorization"] = "Bearer ${key}"
local bad = 0
response = function(status) if status ~= 200 then bad = bad + 1; if bad > 10 then os.exit(1) end end end`,
  );
  const before = ticksOf(pid);
  const run = spawnSync(
    'wrk',
    ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, `${url}/v1/chat/completions`],
    { encoding: 'utf8' },
  );
  const ticks = ticksOf(pid) - before;
  const requests = Number(/(\d+) requests in/u.exec(run.stdout)?.[1] ?? 0);
  // A benchmark that did not do the work is the fastest of all.
  assert.ok(
    run.status === 0 && requests > 500 && !/Non-2xx/u.test(run.stdout),
    run.stdout + run.stderr,
  );
  return { usPerRequest: (ticks * 10_000) / requests, rps: requests / seconds };
}

async function startGateway(upstream: string, guards: 'off' | 'on'): Promise<Load> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(import.meta.dirname, 'gateway-process.ts'), upstream, guards],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  children.push(child);
  const line = await new Promise<string>((resolve) => {
    child.stdout.once('data', (data: Buffer) => resolve(data.toString('utf8')));
  });
  return JSON.parse(line) as Load;
}

const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

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
  const plain = await startGateway(upstream, 'off');
  const guarded = await startGateway(upstream, 'on');
  const nginx: Load = { url: `http://127.0.0.1:${proxyPort}`, pid: proxyPid, key: plain.key };
  // A gateway runs for weeks: what its compiler does in the first seconds is not what a request costs.
  for (const target of [plain, guarded]) load(target, WARM_SECONDS);
  load(nginx, 2);
  const rows: { nginx: number; off: number; on: number; rps: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const bare = load(nginx, SECONDS);
    const off = load(plain, SECONDS);
    const on = load(guarded, SECONDS);
    rows.push({
      nginx: bare.usPerRequest,
      off: off.usPerRequest,
      on: on.usPerRequest,
      rps: off.rps,
    });
  }
  const ratio = (of: 'off' | 'on'): number => median(rows.map((row) => row[of] / row.nginx));
  process.stdout.write(
    `${JSON.stringify({
      bench: 'nginx',
      unit: 'µs CPU a request',
      nginx: Math.round(median(rows.map((row) => row.nginx))),
      guardsOff: Math.round(median(rows.map((row) => row.off))),
      guardsOn: Math.round(median(rows.map((row) => row.on))),
      ratioGuardsOff: Number(ratio('off').toFixed(2)),
      ratioGuardsOn: Number(ratio('on').toFixed(2)),
      requestsPerSecond: Math.round(median(rows.map((row) => row.rps))),
      rounds: rows.map((row) => Number((row.off / row.nginx).toFixed(2))),
    })}\n`,
  );
} finally {
  for (const child of children) child.kill('SIGTERM');
}
