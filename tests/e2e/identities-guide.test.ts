/** docs/guides/identities.md: its commands as they are written, with curl, against a gateway each. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

import OpenAI from 'openai';
import { fetch as dispatched, Agent } from 'undici';

import { openAuthority } from '../support/certificates.ts';
import { DEMO, type House, openHouse } from '../support/house.ts';
import { AUDIENCE, newKey, openIssuer, tokenOf } from '../support/issuer.ts';
import { newProofKey, proofOf } from '../support/proofs.ts';
import { json, openUpstream } from '../support/upstream.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(ROOT, 'docs', 'guides', 'identities.md'), 'utf8');
const commands = [...guide.matchAll(/^\$ (?<command>curl .+)$/gmu)].map(
  ({ groups }) => groups?.['command'] ?? '',
);
/** The one that has the text in it. */
function command(text: string): string {
  const [found, ...others] = commands.filter((one) => one.includes(text));
  assert.ok(found !== undefined && others.length === 0, text);
  return found;
}
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
  assert.equal(commands.length, 6);
});

test('a token of an issuer, as the guide sends it', async () => {
  const [issuer, key] = await Promise.all([openIssuer(), newKey('k')]);
  issuer.keys = [key.jwk];
  const house = await openHouse(`${DEMO}${TENANTS}guards: []
auth: { jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, tenant: acme, claims: { user: sub, roles: groups }, roleNames: { llm-users: developer }, allowPrivateAddress: true }] }
`);
  try {
    const ACCESS_TOKEN = await tokenOf(issuer.url, key, { claims: { groups: ['llm-users'] } });
    assert.match(await shell(command('$ACCESS_TOKEN'), house, { ACCESS_TOKEN }), /"id":"demo"/u);
    assert.match(
      await shell(command('$ACCESS_TOKEN'), house, { ACCESS_TOKEN: 'x.y.z' }),
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
    const told = await shell(command('--cert'), house, { CURL_CA_BUNDLE: ca }, dir);
    assert.match(told, /"id":"demo"/u);
    const connect = { ca: authority.cert, cert: client.cert, key: client.key };
    const dispatcher = new Agent({ connect });
    const sdk = new OpenAI({
      baseURL: `${house.url}/v1`,
      apiKey: 'none',
      // The SDK wants a key; the certificate is the credential, and two would be one too many.
      defaultHeaders: { authorization: null },
      fetchOptions: { dispatcher },
      fetch: dispatched as unknown as typeof fetch,
    });
    await says(sdk);
    await dispatcher.close();
    assert.deepEqual(await provenBy(house), ['mtls', 'spiffe://bank.example/a']);
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
    const told = JSON.parse(await shell(command('/oauth/token'), house, { KEY, KEY_ID })) as {
      readonly access_token: string;
      readonly token_type: string;
      readonly expires_in: number;
    };
    assert.deepEqual([told.token_type, told.expires_in], ['Bearer', 900]);
    const ACCESS_TOKEN = told.access_token;
    assert.match(await shell(command('$ACCESS_TOKEN'), house, { ACCESS_TOKEN }), /"id":"demo"/u);
    await says(new OpenAI({ baseURL: `${house.url}/v1`, apiKey: ACCESS_TOKEN }));
  } finally {
    await house.close();
  }
});

test('an opaque token, as the guide sends it, and by the official SDK', async () => {
  const server = await openUpstream(({ body }, response) => {
    const isKnown = new URLSearchParams(body).get('token') === 'opaque-token-1';
    json(response, 200, isKnown ? { active: true, sub: 'ann' } : { active: false });
  });
  const CLIENT = ['client', 'secret', 'of', 'the', 'test'].join('-');
  const house = await openHouse(
    `${DEMO}${TENANTS}guards: []
auth: { introspection: [{ endpoint: "${server.url}/introspect", clientId: gate, clientSecret: "\${env:CLIENT}", tenant: acme, allowPrivateAddress: true }] }
`,
    { CLIENT },
  );
  try {
    const of = (OPAQUE_TOKEN: string) => shell(command('$OPAQUE_TOKEN'), house, { OPAQUE_TOKEN });
    assert.match(await of('opaque-token-1'), /"id":"demo"/u);
    assert.match(await of('opaque-token-2'), /invalid_api_key/u);
    await says(new OpenAI({ baseURL: `${house.url}/v1`, apiKey: 'opaque-token-1' }));
    assert.deepEqual(await provenBy(house), ['introspection', 'ann']);
  } finally {
    await house.close();
    await server.close();
  }
});

test('a token that is bound to a key, as the guide sends it, and by the official SDK', async () => {
  const [issuer, key, holder] = await Promise.all([openIssuer(), newKey('k'), newProofKey()]);
  issuer.keys = [key.jwk];
  const origin = 'https://llm.example.com';
  const house = await openHouse(`${DEMO}${TENANTS}guards: []
auth:
  resource: { url: "${origin}" }
  dpop: {}
  jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, tenant: acme, allowPrivateAddress: true }]
`);
  try {
    const claims = { cnf: { jkt: holder.thumbprint } };
    const token = await tokenOf(issuer.url, key, { claims });
    const proofFor = (method: string, url: string): Promise<string> =>
      proofOf(holder, { method, url: url.replace(house.url, origin), token });
    const env = { BOUND_TOKEN: token, PROOF: await proofFor('GET', `${house.url}/v1/models`) };
    assert.match(await shell(command('$BOUND_TOKEN'), house, env), /"id":"demo"/u);
    assert.match(await shell(command('$BOUND_TOKEN'), house, env), /invalid_api_key/u, 'replayed');
    const client = new OpenAI({
      baseURL: `${house.url}/v1`,
      apiKey: token,
      fetch: async (url, init) => {
        const headers = new Headers(init?.headers);
        headers.set('authorization', `DPoP ${token}`);
        headers.set('dpop', await proofFor(init?.method ?? 'GET', String(url)));
        return await fetch(url, { ...init, headers });
      },
    });
    await says(client);
    await says(client);
    const bearer = new OpenAI({ baseURL: `${house.url}/v1`, apiKey: token, maxRetries: 0 });
    await assert.rejects(says(bearer), /401/u);
  } finally {
    await house.close();
    await issuer.close();
  }
});

test('an end user, as the guide sends it', async () => {
  const [issuer, key] = await Promise.all([openIssuer(), newKey('k')]);
  issuer.keys = [key.jwk];
  const house = await openHouse(`${DEMO}${TENANTS}guards: []
auth: { endUsers: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, tenant: acme, userPrefix: "app:", allowPrivateAddress: true }] }
`);
  try {
    const KEY = await house.key({ user: null });
    const bob = await tokenOf(issuer.url, key, { claims: { sub: 'bob' } });
    const as = (ID_OF_BOB: string) => shell(command('$ID_OF_BOB'), house, { KEY, ID_OF_BOB });
    assert.match(await as(bob), /"id":"demo"/u);
    assert.match(await as(`${bob.slice(0, -6)}AAAAAA`), /invalid_api_key/u);
    const headers = { 'x-llmproxy-end-user': bob };
    await says(new OpenAI({ baseURL: `${house.url}/v1`, apiKey: KEY, defaultHeaders: headers }));
    assert.deepEqual(await provenBy(house), ['api-key', 'app:bob']);
  } finally {
    await house.close();
    await issuer.close();
  }
});

async function says(client: OpenAI): Promise<void> {
  const messages = [{ role: 'user', content: 'hello' }] as const;
  const answer = await client.chat.completions.create({ model: 'demo', messages: [...messages] });
  assert.ok((answer.choices[0]?.message.content ?? '').length > 0);
}

/** How the newest call was proven, and who made it. */
async function provenBy(house: House): Promise<unknown[]> {
  const record = (await house.records()).findLast(({ kind }) => kind === 'complete');
  return [record?.auth, record?.user];
}
