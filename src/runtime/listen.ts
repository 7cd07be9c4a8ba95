/** From the configuration of a listener to one that listens. */
import { readFileSync } from 'node:fs';

import type { Config } from '#config/config.ts';
import type { ListenAddress } from '#config/fields.ts';
import type { Listener, TlsOptions } from '#server/listener.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/u;
const PORTS_TRIED_MAX = 50;

/**
 * A listener on loopback serves loopback names only, unless hosts are named: a page in a browser
 * could otherwise reach it under a name of its own (DNS rebinding).
 */
export const hostsOf = (hosts: readonly string[], { host }: ListenAddress): readonly string[] =>
  hosts.length > 0 || !LOOPBACK.test(host) ? hosts : ['localhost', '127.0.0.1', '[::1]'];

export const urlOf = (host: string, port: number, isTls: boolean): string =>
  `${isTls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`;

interface Wanted {
  readonly port: number;
  /** Which key of the file, or option of a command, says so. */
  readonly path: readonly string[];
}

/** Starts on the port, or for a try-out on the next one that is free. */
export async function startListener(
  { port, path }: Wanted,
  searches: boolean,
  create: (port: number) => Listener,
): Promise<{ readonly host: string; readonly port: number }> {
  for (let tried = 0; ; tried += 1) {
    try {
      return await create(port === 0 ? 0 : port + tried).start();
    } catch (thrown) {
      const code = thrown instanceof Error && 'code' in thrown ? thrown.code : null;
      const isTaken = code === 'EADDRINUSE';
      if (thrown instanceof ConfigProblem) throw thrown;
      if (!isTaken || !searches || tried >= PORTS_TRIED_MAX)
        throw listenProblem(code, { port, path });
    }
  }
}

function listenProblem(code: unknown, { port, path }: Wanted): ConfigProblem {
  const why = code === 'EADDRINUSE' ? 'is taken' : `cannot be used (${String(code)})`;
  return new ConfigProblem(path, `port ${port} ${why}: choose another, or 0 for a free one`);
}

/** Reads the PEM files. `section` is `server` or `admin`, for the problem's path. */
export function tlsOf(tls: Config['server']['tls'], section: string): TlsOptions | null {
  if (tls === null) return null;
  const read = (path: string, field: string): string => {
    try {
      return readFileSync(path, 'utf8');
    } catch {
      // The path is the operator's own, and says enough.
      throw new ConfigProblem([section, 'tls', field], `the file ${path} cannot be read`);
    }
  };
  return {
    cert: read(tls.cert, 'cert'),
    key: read(tls.key, 'key'),
    clientCa: tls.clientCa === undefined ? null : read(tls.clientCa, 'clientCa'),
    clientCrl: tls.clientCrl === undefined ? null : read(tls.clientCrl, 'clientCrl'),
    clientAuth: tls.clientAuth,
  };
}
