/** Programs of benchmarks: nginx as a provider or a bare proxy, wrk as the callers, and what a process has cost. */
import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const dir = mkdtempSync(join(tmpdir(), 'llmproxy-nginx-'));
/** What was started, to be stopped by whoever started it. */
export const children: ChildProcess[] = [];

export const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
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

export function startNginx(name: string, http: string): number {
  const child = spawn('nginx', ['-c', nginxConf(name, http)], { stdio: 'inherit' });
  children.push(child);
  assert.ok(child.pid !== undefined);
  return child.pid;
}

/** utime + stime of a process and its children, in clock ticks of 10 ms. */
export function ticksOf(pid: number): number {
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

export interface Load {
  readonly url: string;
  readonly pid: number;
  readonly key: string;
  readonly connections: number;
}

export function load(
  { url, pid, key, connections }: Load,
  seconds: number,
): { usPerRequest: number; rps: number } {
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
    ['-t1', `-c${connections}`, `-d${seconds}s`, '-s', script, `${url}/v1/chat/completions`],
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

export const median = (values: number[]): number =>
  values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
