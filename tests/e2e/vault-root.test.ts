/** A root key in Vault Transit: over HTTP, against a server that takes nothing that Vault would not. */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { ConfigProblem } from '#stdx/config-problem.ts';

import { openAdmin } from '../support/admin.ts';
import { drawnSecret } from '../support/canary-secrets.ts';
import { bearer, chat, openHouse, post } from '../support/house.ts';
import { twoTenants } from '../support/tenant-secrets.ts';
import { json, openUpstream, type Seen, UPSTREAM_ENV } from '../support/upstream.ts';

const refuse = (response: ServerResponse, status: number): void =>
  json(response, status, { errors: ['no'] });

/** One derived key: what decrypts depends on the context, and a token may do two things. */
class Vault {
  readonly token = randomBytes(12).toString('hex');
  isSealed = false;
  readonly #kept = new Map<string, string>();

  readonly script = (seen: Seen, response: ServerResponse): void => {
    const { authorization, 'content-type': type } = seen.headers;
    if (this.isSealed) refuse(response, 503);
    else if (authorization !== `Bearer ${this.token}`) refuse(response, 403);
    else if (type !== 'application/json') refuse(response, 400);
    else if (seen.path === '/v1/transit/encrypt/llmproxy') this.#encrypt(seen.json, response);
    else if (seen.path === '/v1/transit/decrypt/llmproxy') this.#decrypt(seen.json, response);
    else refuse(response, 403);
  };

  #encrypt({ plaintext, context }: Seen['json'], response: ServerResponse): void {
    if (typeof context !== 'string' || context === '') return refuse(response, 400);
    const ciphertext = `vault:v1:${randomBytes(60).toString('base64')}`;
    this.#kept.set(`${ciphertext} ${context}`, String(plaintext));
    return json(response, 200, { data: { ciphertext, key_version: 1 } });
  }

  #decrypt({ ciphertext, context }: Seen['json'], response: ServerResponse): void {
    const plaintext = this.#kept.get(`${String(ciphertext)} ${String(context)}`);
    if (plaintext === undefined) refuse(response, 400);
    else json(response, 200, { data: { plaintext } });
  }
}

test('keys are wrapped by Vault; a gateway that runs goes on without it, and none starts without it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-vault-'));
  const vault = new Vault();
  const [server, upstream] = [await openUpstream(vault.script), await openUpstream()];
  const tokenFile = join(dir, 'vault-token');
  writeFileSync(tokenFile, `${vault.token}\n`, { mode: 0o600 });
  const address = server.url.replace(/\/v1$/u, '');
  const yaml = `${twoTenants(upstream)}custody: { root: { type: vault-transit, address: "${address}", key: llmproxy, tokenFile: vault-token, allowPrivateAddress: true } }\n`;
  const refused = (problem: RegExp): Promise<void> =>
    assert.rejects(openHouse(yaml, UPSTREAM_ENV, dir), (thrown: unknown) => {
      assert.ok(thrown instanceof ConfigProblem && thrown.path[0] === 'custody');
      assert.match(thrown.message, problem);
      assert.ok(!thrown.message.includes(vault.token));
      return true;
    });
  try {
    let house = await openHouse(yaml, UPSTREAM_ENV, dir);
    const admin = await openAdmin(house);
    const key = await house.key();
    const secret = drawnSecret();
    await admin.done('POST', 'tenants/acme/provider-secrets', { provider: 'local', secret });
    const say = async (): Promise<readonly [number, unknown]> => {
      const url = `${house.url}/v1/chat/completions`;
      const { status } = await post(url, chat('x'), bearer(key));
      return [status, upstream.seen.at(-1)?.headers.authorization];
    };
    assert.deepEqual(await say(), [200, `Bearer ${secret}`]);
    const { body } = await admin.done('GET', 'secrets');
    assert.deepEqual([body['root'], body['isCurrent']], ['vault/transit/llmproxy/v1', true]);
    vault.isSealed = true;
    assert.deepEqual(await say(), [200, `Bearer ${secret}`]);
    const other = { provider: 'local', secret: drawnSecret() };
    assert.equal((await admin.ask('POST', 'tenants/other/provider-secrets', other)).status, 503);
    assert.equal((await admin.done('GET', 'secrets')).body['root'], null);
    await house.running.stop();
    await refused(/cannot be used/u);
    vault.isSealed = false;
    chmodSync(tokenFile, 0o644);
    await refused(/can be read by others/u);
    chmodSync(tokenFile, 0o600);
    writeFileSync(tokenFile, 'another-token');
    await refused(/cannot be used/u);
    writeFileSync(tokenFile, vault.token);
    house = await openHouse(yaml, UPSTREAM_ENV, dir);
    assert.deepEqual(await say(), [200, `Bearer ${secret}`]);
    await house.running.stop();
    assert.ok(server.seen.every(({ body: sent }) => !sent.includes(secret)));
  } finally {
    await server.close();
    await upstream.close();
    rmSync(dir, { recursive: true, force: true });
  }
});

test('from a file to a variable: the old root unwraps until everything is wrapped anew', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-env-root-'));
  const upstream = await openUpstream();
  const env = { ...UPSTREAM_ENV, ROOT: randomBytes(32).toString('hex') };
  const open = (custody: string) => openHouse(`${twoTenants(upstream)}${custody}`, env, dir);
  try {
    let house = await open('');
    const { token } = await openAdmin(house);
    const ask = async (path: string, body: object): Promise<number> => {
      const response = await fetch(`${house.adminUrl}/admin/v1/${path}`, {
        method: 'POST',
        headers: { ...bearer(token), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.status;
    };
    const secret = drawnSecret();
    const path = 'tenants/acme/provider-secrets';
    assert.equal(await ask(path, { provider: 'local', secret }), 201);
    const key = await house.key();
    await house.running.stop();
    const moved = 'custody: { root: { type: env, variable: ROOT } }\n';
    await assert.rejects(open(moved), /which is not here/u);
    await assert.rejects(open(moved.replace('ROOT', 'NOT_SET')), /has no NOT_SET/u);
    house = await open(
      'custody: { root: { type: env, variable: ROOT }, older: [{ type: file }] }\n',
    );
    assert.equal(await ask('secrets/rewrap', {}), 200);
    await house.running.stop();
    rmSync(join(dir, 'data', 'root-key'));
    house = await open(moved);
    const url = `${house.url}/v1/chat/completions`;
    assert.equal((await post(url, chat('x'), bearer(key))).status, 200);
    assert.equal(upstream.seen.at(-1)?.headers.authorization, `Bearer ${secret}`);
    await house.running.stop();
  } finally {
    await upstream.close();
    rmSync(dir, { recursive: true, force: true });
  }
});
