/** docs/guides/identities.md: its commands as they are written, with curl, against a gateway each. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import { openAuthority } from '../support/certificates.ts';
import { DEMO, type House, openHouse } from '../support/house.ts';
import { AUDIENCE, newKey, openIssuer, tokenOf } from '../support/issuer.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(ROOT, 'docs', 'guides', 'identities.md'), 'utf8');
const commands = [...guide.matchAll(/^\$ (?<command>curl .+)$/gmu)].map(
  ({ groups }) => groups?.['command'] ?? '',
);
const run = promisify(execFile);
const TENANTS =
  'tenants: [{ id: acme, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }]\n';

async function shell(command: string, house: House, env: Record<string, string>, cwd = house.dir) {
  const text = command.replaceAll('https://llm.example.com', house.url);
  const options = { cwd, timeout: 20_000, env: { ...process.env, ...env } };
  const { stdout } = await run('bash', ['-euo', 'pipefail', '-c', text], options);
  return stdout;
}

test('the guide has a command for each way that needs one', () => {
  assert.equal(commands.length, 3);
});

test('a token of an issuer, as the guide sends it', async () => {
  const [issuer, key] = await Promise.all([openIssuer(), newKey('k')]);
  issuer.keys = [key.jwk];
  const house = await openHouse(`${DEMO}${TENANTS}guards: []
auth: { jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, tenant: acme, claims: { user: sub, roles: groups }, roleNames: { llm-users: developer }, allowPrivateAddress: true }] }
`);
  try {
    const ACCESS_TOKEN = await tokenOf(issuer.url, key, { claims: { groups: ['llm-users'] } });
    assert.match(await shell(commands[0] ?? '', house, { ACCESS_TOKEN }), /"id":"demo"/u);
    assert.match(
      await shell(commands[0] ?? '', house, { ACCESS_TOKEN: 'x.y.z' }),
      /invalid_api_key/u,
    );
  } finally {
    await house.close();
    await issuer.close();
  }
});

test('a client certificate, as the guide sends it', async () => {
  const [dir, authority] = [mkdtempSync(join(tmpdir(), 'llmproxy-guide-')), openAuthority()];
  const put = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const [own, client] = ['IP:127.0.0.1', 'URI:spiffe://bank.example/a'].map((names) =>
    authority.issue(names),
  );
  assert.ok(own !== undefined && client !== undefined);
  put('client.pem', client.cert);
  put('client.key', client.key);
  const ca = put('ca.pem', authority.cert);
  const house = await openHouse(`${DEMO}${TENANTS}guards: []
server: { listen: "127.0.0.1:0", tls: { cert: ${put('c.pem', own.cert)}, key: ${put('k.pem', own.key)}, clientCa: ${ca}, clientAuth: optional } }
auth: { mtls: [{ uri: "spiffe://bank.example/*", tenant: acme }] }
`);
  try {
    const told = await shell(commands[1] ?? '', house, { CURL_CA_BUNDLE: ca }, dir);
    assert.match(told, /"id":"demo"/u);
  } finally {
    await house.close();
    authority.remove();
    rmSync(dir, { recursive: true });
  }
});

test('a token of this gateway for a key, as the guide asks for it', async () => {
  const probe = await openHouse(`${DEMO}guards: []\n`);
  const { port } = new URL(probe.url);
  await probe.close();
  const house = await openHouse(`${DEMO}${TENANTS}guards: []
server: { listen: "127.0.0.1:${port}" }
auth: { resource: { url: "http://127.0.0.1:${port}" }, tokens: { lifetime: 15m } }
`);
  try {
    const KEY = await house.key();
    const KEY_ID = `key_${KEY.split('_')[2]}`;
    const told = JSON.parse(await shell(commands[2] ?? '', house, { KEY, KEY_ID })) as {
      readonly access_token: string;
      readonly token_type: string;
      readonly expires_in: number;
    };
    assert.deepEqual([told.token_type, told.expires_in], ['Bearer', 900]);
    const ACCESS_TOKEN = told.access_token;
    assert.match(await shell(commands[0] ?? '', house, { ACCESS_TOKEN }), /"id":"demo"/u);
  } finally {
    await house.close();
  }
});
