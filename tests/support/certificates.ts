/** Certificates, made now with openssl: nothing of the kind is in the repository. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface Authority {
  readonly cert: string;
  /** Dates as `YYYYMMDDHHMMSSZ`. */
  issue(names: string, days?: { readonly from: string; readonly to: string }): Certificate;
  /** A list of those that are revoked, with these among them. */
  revoke(...certificates: readonly Certificate[]): string;
  remove(): void;
}

const openssl = (dir: string, ...args: string[]): void => {
  execFileSync('openssl', args, { cwd: dir, stdio: 'ignore' });
};
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
const DAY_MS = 86_400_000;
const stamp = (ms: number): string => new Date(ms).toISOString().replaceAll(/[-:T]|\.\d+/gu, '');

/** An authority in a folder of its own; `names` are subject alternative names, openssl's way. */
export function openAuthority(): Authority {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-ca-'));
  const at = (name: string): string => join(dir, name);
  openssl(
    dir,
    'req',
    '-x509',
    ...EC,
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
    '-days',
    '2',
    '-subj',
    '/CN=test authority',
  );
  writeFileSync(at('index.txt'), '');
  writeFileSync(at('serial'), '01\n');
  let count = 0;
  return {
    cert: readFileSync(at('ca.pem'), 'utf8'),
    issue(names, days = { from: stamp(Date.now() - DAY_MS), to: stamp(Date.now() + DAY_MS) }) {
      count += 1;
      const [key, request, cert] = [`${count}.key`, `${count}.csr`, `${count}.pem`];
      const settings = [
        '[ca]',
        'default_ca = it',
        '[it]',
        'new_certs_dir = .',
        'database = index.txt',
        'serial = serial',
        'default_md = sha256',
        'policy = any',
        'unique_subject = no',
        'x509_extensions = names',
        '[any]',
        'commonName = supplied',
        '[names]',
        `subjectAltName = ${names}`,
      ];
      writeFileSync(at('ca.cnf'), settings.join('\n'));
      openssl(dir, 'req', ...EC, '-keyout', key, '-out', request, '-subj', `/CN=test ${count}`);
      openssl(
        dir,
        'ca',
        '-batch',
        '-notext',
        '-config',
        'ca.cnf',
        '-cert',
        'ca.pem',
        '-keyfile',
        'ca.key',
        '-in',
        request,
        '-out',
        cert,
        '-startdate',
        days.from,
        '-enddate',
        days.to,
      );
      return { cert: readFileSync(at(cert), 'utf8'), key: readFileSync(at(key), 'utf8') };
    },
    revoke(...certificates) {
      const settings = ['[ca]', 'default_ca = it', '[it]', 'database = index.txt'];
      const more = ['default_md = sha256', 'default_crl_days = 1', 'crlnumber = crlnumber'];
      writeFileSync(at('crl.cnf'), [...settings, ...more].join('\n'));
      writeFileSync(at('crlnumber'), '01\n');
      const signer = ['-config', 'crl.cnf', '-cert', 'ca.pem', '-keyfile', 'ca.key'];
      for (const [index, { cert }] of certificates.entries()) {
        writeFileSync(at(`revoked-${index}.pem`), cert);
        openssl(dir, 'ca', ...signer, '-revoke', `revoked-${index}.pem`);
      }
      openssl(dir, 'ca', ...signer, '-gencrl', '-out', 'crl.pem');
      return readFileSync(at('crl.pem'), 'utf8');
    },
    remove() {
      rmSync(dir, { recursive: true });
    },
  };
}
