/** A real rsyslogd of this test's own, with TLS, that writes what it gets into a file. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { openAuthority } from './certificates.ts';
import { eventually, freePort, programOf } from './programs.ts';

export interface TestRsyslog {
  readonly port: number;
  /** PEM of the authority that signed its certificate. */
  readonly caFile: string;
  start(): Promise<void>;
  /** SIGTERM, as a service manager does it. */
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Messages as they came, in the order in which they were written. */
  readonly messages: () => string[];
  close(): Promise<void>;
}

export async function openTestRsyslog(transport: 'tls' | 'tcp' | 'udp'): Promise<TestRsyslog> {
  const program = await programOf('/usr/sbin/rsyslogd', 'rsyslog');
  if (transport === 'tls') {
    await programOf('/usr/lib/*/rsyslog/lmnsd_gtls.so', 'rsyslog-gnutls');
  }
  const folder = mkdtempSync(join(tmpdir(), 'llmproxy-rsyslog-'));
  const at = (name: string): string => join(folder, name);
  const authority = openAuthority();
  const { cert, key } = authority.issue('DNS:localhost,IP:127.0.0.1');
  writeFileSync(at('ca.pem'), authority.cert);
  writeFileSync(at('cert.pem'), cert);
  writeFileSync(at('key.pem'), key, { mode: 0o600 });
  authority.remove();
  const port = await freePort();
  writeFileSync(at('rsyslog.conf'), configOf(transport, port, at));
  let child: ChildProcess | null = null;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = null;
    if (running === null) return;
    const ended = once(running, 'exit');
    running.kill(signal);
    await ended;
  };
  return {
    port,
    caFile: at('ca.pem'),
    async start() {
      assert.equal(child, null);
      rmSync(at('pid'), { force: true });
      const args = ['-n', '-f', at('rsyslog.conf'), '-i', at('pid')];
      child = spawn(program, args, { stdio: 'ignore' });
      if (transport === 'udp') await eventually(() => heardProbe(port, at('out.log')));
      else await eventually(() => isListening(port));
    },
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    messages: () => linesOf(at('out.log')).filter((line) => !line.includes(PROBE)),
    async close() {
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function configOf(
  transport: 'tls' | 'tcp' | 'udp',
  port: number,
  at: (name: string) => string,
): string {
  const tls = ' StreamDriver.Name="gtls" StreamDriver.Mode="1" StreamDriver.AuthMode="anon"';
  const inputs = {
    tls: [`module(load="imtcp"${tls})`, `input(type="imtcp" address="127.0.0.1" port="${port}")`],
    tcp: ['module(load="imtcp")', `input(type="imtcp" address="127.0.0.1" port="${port}")`],
    udp: ['module(load="imudp")', `input(type="imudp" address="127.0.0.1" port="${port}")`],
  };
  const files = `defaultNetstreamDriverCAFile="${at('ca.pem')}" defaultNetstreamDriverCertFile="${at('cert.pem')}" defaultNetstreamDriverKeyFile="${at('key.pem')}"`;
  return [
    `global(workDirectory="${at('.')}" maxMessageSize="64k" ${files})`,
    ...inputs[transport],
    'template(name="raw" type="string" string="%rawmsg%\\n")',
    `action(type="omfile" file="${at('out.log')}" template="raw")`,
    '',
  ].join('\n');
}

const PROBE = 'probe-of-the-test';

const linesOf = (path: string): string[] =>
  existsSync(path) ? readFileSync(path, 'utf8').split('\n').slice(0, -1) : [];

/** Nobody answers over UDP: it listens when something that was sent is in its file. */
async function heardProbe(port: number, path: string): Promise<void> {
  const socket = createSocket('udp4');
  await new Promise((resolve) => {
    socket.send(`<14>1 - - ${PROBE} - - - -`, port, '127.0.0.1', resolve);
  });
  socket.close();
  assert.ok(linesOf(path).some((line) => line.includes(PROBE)));
}

const isListening = (port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
