/** A real load balancer in front of gateways: HAProxy, which asks for readiness. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { eventually, freePort, programOf } from './programs.ts';

export interface Balancer {
  readonly url: string;
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
    async stop() {
      child.kill('SIGTERM');
      await once(child, 'exit');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}
