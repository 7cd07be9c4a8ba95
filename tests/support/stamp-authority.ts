/** A real time-stamp authority (RFC 3161): openssl behind a port, with a certificate made now. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SETTINGS = `
[req]
distinguished_name = name
x509_extensions = stamps
prompt = no
[name]
CN = test stamps
[stamps]
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = it
[it]
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
accuracy = secs:1
ess_cert_id_chain = no
ess_cert_id_alg = sha256
`;

export interface StampAuthority {
  readonly url: string;
  /** Whether the stamp is of the file, by openssl. */
  verifies(file: string, stamp: string): boolean;
  close(): void;
}

export async function openStampAuthority(): Promise<StampAuthority> {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-tsa-'));
  const openssl = (...args: string[]): Buffer =>
    execFileSync('openssl', args, { cwd: dir, stdio: ['ignore', 'pipe', 'ignore'] });
  writeFileSync(join(dir, 'tsa.cnf'), SETTINGS);
  writeFileSync(join(dir, 'serial'), '01\n');
  const key = ['-newkey', 'rsa:2048', '-nodes', '-keyout', 'tsa.key'];
  openssl('req', '-x509', ...key, '-out', 'tsa.pem', '-days', '2', '-config', 'tsa.cnf');
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      writeFileSync(join(dir, 'query.tsq'), Buffer.concat(chunks));
      const settings = ['-config', 'tsa.cnf', '-section', 'it'];
      const stamp = openssl('ts', '-reply', '-queryfile', 'query.tsq', ...settings);
      response.writeHead(200, { 'content-type': 'application/timestamp-reply' }).end(stamp);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/stamps`,
    verifies(file, stamp) {
      try {
        const args = ['-data', file, '-in', stamp, '-CAfile', 'tsa.pem'];
        return openssl('ts', '-verify', ...args)
          .toString()
          .includes('OK');
      } catch {
        return false;
      }
    },
    close() {
      server.close();
      rmSync(dir, { recursive: true });
    },
  };
}
