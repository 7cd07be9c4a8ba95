import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, type JsonValue } from '#stdx/json.ts';

import { createRoot, rootConfig } from './registry.ts';
import type { RootKey, RootPorts, RootQuestion } from './root.ts';
import { rootsOf } from './roots.ts';

const PORTS: RootPorts = {
  keyFile: () => assert.fail('no file is read'),
  env: {},
  ask: () => assert.fail('nobody is asked'),
};
const DATA = Buffer.from('for acme');

const rootOf = (config: JsonValue, ports: Partial<RootPorts>): RootKey =>
  createRoot(rootConfig.parse(config), { ...PORTS, ...ports });

const line = (version: number, key: string): string => `${JSON.stringify({ version, key })}\n`;
const drawn = (): string => randomBytes(32).toString('hex');

async function wraps(root: RootKey): Promise<void> {
  const key = randomBytes(32);
  const wrapped = await root.wrap(key, DATA);
  assert.equal(wrapped.root, await root.newest());
  assert.ok(root.holds(wrapped.root));
  assert.ok(!root.holds('local/0000000000000000') && !root.holds('vault/x/y/v1'));
  assert.deepEqual(await root.unwrap(wrapped, DATA), key);
  assert.equal(await root.unwrap(wrapped, Buffer.from('for other')), null);
  assert.ok(!JSON.stringify(wrapped).includes(key.toString('base64url')));
}

test('file: the highest version wraps, all of them unwrap, and the file may grow', async () => {
  let text = line(1, drawn());
  const root = rootOf({ type: 'file' }, { keyFile: () => text });
  await wraps(root);
  const first = await root.wrap(randomBytes(32), DATA);
  text = line(2, drawn()) + text;
  assert.notEqual(await root.newest(), first.root);
  assert.ok((await root.unwrap(first, DATA)) !== null);
  await wraps(root);
});

test('file: a line that is no key is refused, and nothing of it is quoted', () => {
  const key = drawn();
  const wrong = [
    '',
    '{}\n',
    line(1, key) + line(1, drawn()),
    line(1, key.slice(1)),
    line(0, key),
    `${line(1, key)}x\n`,
    line(1, 'ab'.repeat(32)),
  ];
  for (const text of wrong) {
    assert.throws(
      () => rootOf({ type: 'file' }, { keyFile: () => text }),
      (thrown: unknown) => {
        assert.ok(thrown instanceof ConfigProblem);
        assert.ok(!thrown.message.includes(key.slice(0, 16)));
        return true;
      },
    );
  }
});

test('env: one variable wraps, the one before it unwraps; a missing or wrong one is named', async () => {
  const [older, newer] = [drawn(), drawn()];
  const env = {
    ROOT: newer,
    OLD: older,
    SHORT: older.slice(2),
    TYPED: '0123456789abcdef'.repeat(4),
  };
  const before = rootOf({ type: 'env', variable: 'OLD' }, { env });
  const wrapped = await before.wrap(randomBytes(32), DATA);
  const root = rootOf({ type: 'env', variable: 'ROOT', previous: 'OLD' }, { env });
  await wraps(root);
  assert.ok((await root.unwrap(wrapped, DATA)) !== null);
  for (const variable of ['NOTHING', 'SHORT', 'TYPED']) {
    const making = (): RootKey => rootOf({ type: 'env', variable }, { env });
    assert.throws(making, ConfigProblem);
  }
  const alone = rootOf({ type: 'env', variable: 'ROOT' }, { env });
  assert.ok(!alone.holds(wrapped.root));
  assert.ok(rootsOf(alone, [before]).holds(wrapped.root));
  assert.ok((await rootsOf(alone, [before]).unwrap(wrapped, DATA)) !== null);
  await assert.rejects(alone.unwrap(wrapped, DATA), { code: 'secret-unavailable' });
});

/** What a transit engine with one derived key does, to the letter; the cipher is a table. */
class StrictVault {
  readonly token = randomBytes(12).toString('hex');
  readonly asked: RootQuestion[] = [];
  version = 1;
  isDown = false;
  readonly #kept = new Map<string, JsonValue>();

  readonly ask: RootPorts['ask'] = async (question) => {
    this.asked.push(question);
    const { url, token, json } = question;
    if (this.isDown) throw new Fault('provider-unreachable', 'down');
    if (token !== this.token) throw new Fault('provider-failed', '403');
    assert.ok(isJsonObject(json));
    const { context, associated_data: associated } = json;
    assert.ok(typeof context === 'string' && context !== '' && associated === context);
    if (url.href === 'https://vault.example:8200/v1/team/transit/encrypt/llmproxy') {
      assert.deepEqual(Object.keys(json).sort(), ['associated_data', 'context', 'plaintext']);
      const ciphertext = `vault:v${this.version}:${randomBytes(40).toString('base64')}`;
      this.#kept.set(`${ciphertext} ${context}`, json['plaintext'] ?? null);
      return { data: { ciphertext, key_version: this.version } };
    }
    assert.equal(url.href, 'https://vault.example:8200/v1/team/transit/decrypt/llmproxy');
    assert.deepEqual(Object.keys(json).sort(), ['associated_data', 'ciphertext', 'context']);
    const plaintext = this.#kept.get(`${String(json['ciphertext'])} ${context}`);
    if (plaintext === undefined) throw new Fault('provider-refused-call', '400');
    return { data: { plaintext } };
  };
}

const VAULT = {
  type: 'vault-transit',
  address: 'https://vault.example:8200',
  mount: 'team/transit',
  key: 'llmproxy',
  tokenFile: '/run/vault-token',
};

test('vault-transit: token, path and context are what the engine wants, and a new version is seen', async () => {
  const vault = new StrictVault();
  const keyFile = (path: string | null): string => {
    assert.equal(path, '/run/vault-token');
    return `${vault.token}\n`;
  };
  const root = rootOf(VAULT, { keyFile, ask: vault.ask });
  await wraps(root);
  const first = await root.wrap(randomBytes(32), DATA);
  assert.equal(first.root, 'vault/team/transit/llmproxy/v1');
  vault.version = 2;
  assert.equal(await root.newest(), 'vault/team/transit/llmproxy/v2');
  assert.ok((await root.unwrap(first, DATA)) !== null);
  vault.isDown = true;
  await assert.rejects(root.unwrap(first, DATA), { code: 'secret-unavailable' });
  await assert.rejects(root.wrap(randomBytes(32), DATA));
});

test('vault-transit: https only unless a private address is allowed; odd answers and tokens are faults', async () => {
  const http = { ...VAULT, address: 'http://127.0.0.1:8200' };
  const keyFile = (): string => 'token';
  assert.throws(() => rootOf(http, { keyFile }), ConfigProblem);
  assert.ok(rootOf({ ...http, allowPrivateAddress: true }, { keyFile }));
  assert.throws(
    () => rootOf({ ...VAULT, address: 'https://u:p@vault.example' }, {}),
    ConfigProblem,
  );
  for (const mount of ['../sys', 'a//b', '/a', 'a b', 'a?b']) {
    assert.ok(!rootConfig.safeParse({ ...VAULT, mount }).success, mount);
  }
  const odd: JsonValue[] = [null, {}, { data: {} }, { data: { ciphertext: 'vault:v0:x' } }, []];
  for (const answer of odd) {
    const root = rootOf(VAULT, { keyFile: () => 'token', ask: () => Promise.resolve(answer) });
    await assert.rejects(root.wrap(randomBytes(32), DATA), { code: 'secret-unavailable' });
  }
  const short = { data: { plaintext: 'AAAA' } };
  const root = rootOf(VAULT, { keyFile: () => 'token', ask: () => Promise.resolve(short) });
  const wrapped = { root: 'vault/team/transit/llmproxy/v1', wrapped: 'vault:v1:AAAA' };
  await assert.rejects(root.unwrap(wrapped, DATA), { code: 'secret-unavailable' });
  const bad = rootOf(VAULT, { keyFile: () => 'to\nken', ask: () => Promise.resolve(short) });
  await assert.rejects(bad.unwrap(wrapped, DATA), { code: 'secret-unavailable' });
});
