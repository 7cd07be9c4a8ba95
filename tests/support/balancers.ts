/** Real load balancers in front of gateways: HAProxy, which asks for readiness, and nginx, which learns. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually, freePort, programOf } from './programs.ts';

export interface Balancer {
  readonly url: string;
  /** The last of what it complained of. */
  said(): string;
  stop(): Promise<void>;
}

/** HAProxy asks each gateway for `/readyz` ten times a second, and sends nothing to one that says no. */
export async function openHaproxy(ports: readonly number[]): Promise<Balancer> {
  const program = await programOf('/usr/sbin/haproxy', 'haproxy');
  return await opened(
    program,
    (file) => ['-W', '-db', '-f', file],
    (port) => `
global
  maxconn 2000
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  timeout http-keep-alive 60s
  timeout check 2s
  option redispatch
  retries 3
frontend front
  bind 127.0.0.1:${port}
  default_backend gateways
backend gateways
  balance roundrobin
  option httpchk
  http-check send meth GET uri /readyz ver HTTP/1.1 hdr host 127.0.0.1
  http-check expect status 200
  default-server inter 100ms fastinter 50ms fall 2 rise 1
${ports.map((at, index) => `  server gateway${index} 127.0.0.1:${at} check`).join('\n')}
`,
  );
}

/** nginx as Debian has it asks for nothing: it goes to the next one when a connection is refused. */
export async function openNginx(ports: readonly number[]): Promise<Balancer> {
  const program = await programOf('/usr/sbin/nginx', 'nginx-light');
  return await opened(
    program,
    (file) => ['-c', file],
    (port, dir) => `
daemon off;
worker_processes 1;
pid ${dir}/pid;
error_log stderr;
events { worker_connections 2000; }
http {
  access_log off;
  client_body_temp_path ${dir}/body;
  proxy_temp_path ${dir}/proxy;
  fastcgi_temp_path ${dir}/fastcgi;
  uwsgi_temp_path ${dir}/uwsgi;
  scgi_temp_path ${dir}/scgi;
  upstream gateways {
${ports.map((at) => `    server 127.0.0.1:${at} max_fails=1 fail_timeout=1s;`).join('\n')}
    keepalive 32;
  }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://gateways;
      proxy_http_version 1.1;
      proxy_set_header connection "";
      proxy_set_header host 127.0.0.1;
      proxy_buffering off;
      proxy_read_timeout 60s;
    }
  }
}
`,
  );
}

async function opened(
  program: string,
  args: (file: string) => string[],
  config: (port: number, dir: string) => string,
): Promise<Balancer> {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-balancer-'));
  const port = await freePort();
  const file = join(dir, 'balancer.conf');
  writeFileSync(file, config(port, dir));
  const child: ChildProcess = spawn(program, args(file), { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4_000);
  });
  const url = `http://127.0.0.1:${port}`;
  const isUp = async (): Promise<void> => {
    if (child.exitCode !== null) throw new Error(`it stopped at its start: ${said}`);
    const { status } = await fetch(`${url}/livez`);
    if (status !== 200) throw new Error(`it answers ${status}: ${said}`);
  };
  try {
    await eventually(isUp);
  } catch (thrown) {
    child.kill('SIGKILL');
    throw thrown;
  }
  return {
    url,
    said: () => said,
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
