/** Secrets in stored settings: entered once, never shown, bound to their address, kept over a restart. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { sealedOf, sealedReference } from '#custody/sealed.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject } from '#stdx/json.ts';

import { type Admin, openAdmin } from '../support/admin.ts';
import { openReceiver, webhookSecret } from '../support/alert-receiver.ts';
import { assertNowhere, bytesOfFiles, drawnSecret } from '../support/canary-secrets.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import { openUpstream } from '../support/upstream.ts';

const YAML = `${DEMO}${BASE}guards: []\n`;

async function scene(run: (house: House, admin: Admin) => Promise<void>): Promise<void> {
  const house = await openHouse(YAML);
  try {
    await run(house, await openAdmin(house));
  } finally {
    await house.close();
  }
}

const stored = async (house: House, id: string): Promise<string> => {
  const record = await house.running.world.storage.settings.find(id);
  const sealed = sealedOf(record?.value['apiKey'] ?? record?.value['secret']);
  assert.ok(sealed !== null, id);
  return sealed;
};

test('a secret is taken, kept sealed, and shown nowhere', async () => {
  await scene(async (house, admin) => {
    const secrets = { provider: drawnSecret(), guard: drawnSecret(), alert: webhookSecret() };
    const provider = { type: 'openai', apiKey: secrets.provider };
    const guard = {
      type: 'external',
      adapter: 'openai-moderation',
      url: 'https://guard.example.com',
      apiKey: secrets.guard,
    };
    const alert = { url: 'https://alerts.example.com/x', secret: secrets.alert };
    const told = [
      await admin.done('POST', 'config/providers', { name: 'vendor', value: provider }),
      await admin.done('POST', 'config/alerts', { name: 'ops', value: alert }),
      await admin.done('POST', 'config/diff', {
        changes: [{ section: 'guards', name: 'asks', value: guard }],
      }),
      await admin.done('POST', 'config/apply', {
        changes: [{ section: 'guards', name: 'asks', value: guard }],
      }),
      await admin.done('GET', 'config/providers/vendor'),
      await admin.done('GET', 'config/guards'),
      await admin.done('GET', 'config/alerts'),
      await admin.done('GET', 'config'),
    ];
    assert.deepEqual(told[0]?.body['value'], { type: 'openai', apiKey: '[secret]' });
    const records = await house.records();
    const made = records.filter(({ resource }) => resource === 'config/providers/vendor');
    assert.match(JSON.stringify(made), /"apiKey":"\[secret\]"/u);
    const answers = JSON.stringify(told);
    assert.ok(!answers.includes('c1.1.'), 'the envelope is nobody’s to see either');
    const places = { answers, log: house.log(), records: JSON.stringify(records) };
    assertNowhere(secrets, { ...places, ...bytesOfFiles(house.dir) });
  });
});

test('what is kept stays when it is left out or sent as shown; null takes it out', async () => {
  await scene(async (house, admin) => {
    const value = { type: 'openai', apiKey: drawnSecret() };
    let { etag } = await admin.done('POST', 'config/providers', { name: 'vendor', value });
    const first = await stored(house, 'providers/vendor');
    const patch = async (next: object): Promise<void> => {
      const done = await admin.done('PATCH', 'config/providers/vendor', { value: next }, etag);
      ({ etag } = done);
    };
    await patch({ type: 'openai', apiKey: '[secret]', connectionsMax: 3 });
    assert.equal(await stored(house, 'providers/vendor'), first);
    await patch({ type: 'openai', connectionsMax: 4 });
    assert.equal(await stored(house, 'providers/vendor'), first);
    await patch({ type: 'openai', apiKey: drawnSecret() });
    assert.match(await stored(house, 'providers/vendor'), /^c1\.1\.2\./u);
    await patch({ type: 'openai', apiKey: null });
    const record = await house.running.world.storage.settings.find('providers/vendor');
    assert.deepEqual(record?.value, { type: 'openai' });
  });
});

test('another address, or another kind of address, needs the secret again', async () => {
  await scene(async (house, admin) => {
    const value = { type: 'openai', apiKey: drawnSecret() };
    const { etag } = await admin.done('POST', 'config/providers', { name: 'vendor', value });
    const others = [
      { type: 'openai', baseUrl: 'https://evil.example/v1' },
      { type: 'openai', baseUrl: 'https://api.openai.com:8443/v1', apiKey: '[secret]' },
      { type: 'anthropic' },
    ];
    for (const next of others) {
      const told = await admin.ask('PATCH', 'config/providers/vendor', { value: next }, etag);
      assert.equal(told.status, 422);
      assert.deepEqual(told.body['errors'], [
        {
          field: 'providers.vendor.apiKey',
          problem: 'enter it again, because the address changed',
        },
      ]);
    }
    // The path below the origin is not part of where a secret may go.
    const same = { type: 'openai', baseUrl: 'https://api.openai.com/v2' };
    await admin.done('PATCH', 'config/providers/vendor', { value: same }, etag);
    assert.match(await stored(house, 'providers/vendor'), /^c1\.1\.1\./u);
    const removed = { section: 'providers', name: 'vendor', value: null, version: 2 };
    await admin.done('POST', 'config/apply', { changes: [removed] });
    const back = { name: 'vendor', value: { type: 'openai', apiKey: '[secret]' } };
    const told = await admin.ask('POST', 'config/providers', back);
    assert.match(JSON.stringify(told.body), /there is no secret to keep/u);
  });
});

test('weak, odd and planted secrets are refused by field, and not repeated', async () => {
  await scene(async (house, admin) => {
    const sealed = await house.running.world.custody.custody.seal(
      { tenant: null, owner: 'provider/vendor', purpose: 'apiKey', origins: ['https://a.example'] },
      drawnSecret(),
    );
    const given: unknown[] = [
      'changeme',
      'kkkkkkkkkkkkkkkk',
      `two words ${drawnSecret()}`,
      `${drawnSecret()}\r\nx-evil: 1`,
      42,
      { $sealed: sealed },
      [drawnSecret()],
      '${env:HOME}',
    ];
    for (const apiKey of given) {
      const body = { name: 'vendor', value: { type: 'openai', apiKey } };
      const told = await admin.ask('POST', 'config/providers', body);
      assert.equal(told.status, 422, JSON.stringify(apiKey));
      assert.equal(told.body['field'], 'providers.vendor.apiKey');
      assert.ok(!JSON.stringify(told.body).includes('canary'));
    }
    const nested = { type: 'openai', timeouts: { password: drawnSecret() } };
    const told = await admin.ask('POST', 'config/providers', { name: 'vendor', value: nested });
    assert.equal(told.status, 422);
    const { items } = await house.running.world.storage.settings.list({ limit: 10 });
    assert.deepEqual(items, []);
  });
});

/** The same reference that the store would put there, in a file that may name a private address. */
async function withSealedFile(
  run: (parts: {
    house: House;
    secret: string;
    sent: () => unknown[];
    dir: string;
  }) => Promise<void>,
): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-sealed-'));
  const upstream = await openUpstream();
  const { origin } = new URL(upstream.url);
  let house = await openHouse(YAML, {}, dir);
  try {
    const secret = drawnSecret();
    const sealed = await house.running.world.custody.custody.seal(
      { tenant: null, owner: 'provider/local', purpose: 'apiKey', origins: [origin] },
      secret,
    );
    const yaml = `
providers:
  local: { type: openai, baseUrl: "${upstream.url}", apiKey: "${sealedReference(sealed)}", allowPrivateAddress: true }
models: { demo: { deployments: [{ provider: local, model: m }] } }
guards: []
${BASE}`;
    await house.running.stop();
    house = await openHouse(yaml, {}, dir);
    await run({
      house,
      secret,
      sent: () => upstream.seen.map(({ headers }) => headers.authorization),
      dir,
    });
  } finally {
    await house.running.stop();
    await upstream.close();
    rmSync(dir, { recursive: true, force: true });
  }
}

test('a sealed secret reaches its provider, over a restart, whole and in streams', async () => {
  await withSealedFile(async ({ house, secret, sent }) => {
    const key = await house.key();
    const url = `${house.url}/v1/chat/completions`;
    assert.equal((await post(url, chat('hello'), bearer(key))).status, 200);
    assert.equal((await post(url, chat('hello', { stream: true }), bearer(key))).status, 200);
    assert.deepEqual(sent(), [`Bearer ${secret}`, `Bearer ${secret}`]);
    assertNowhere(
      { secret },
      {
        log: house.log(),
        records: JSON.stringify(await house.records()),
        ...bytesOfFiles(house.dir),
      },
    );
  });
});

test('a sealed alert secret signs what its receiver verifies', async () => {
  const receiver = await openReceiver();
  const house = await openHouse(YAML);
  try {
    const secret = webhookSecret();
    const { origin } = new URL(receiver.url);
    const bound = {
      tenant: null,
      owner: 'alert/ops',
      purpose: 'secret',
      origins: [origin],
    } as const;
    const sealed = await house.running.world.custody.custody.seal(bound, secret);
    const target = `{ name: ops, url: "${receiver.url}", secret: "${sealedReference(sealed)}", allowPrivateAddress: true }`;
    assert.deepEqual((await house.apply(`${YAML}alerts: [${target}]\n`)).problems, []);
    const admin = await openAdmin(house);
    const told = await admin.done('POST', 'alerts/ops/test', {});
    assert.equal(told.body['isDelivered'], true, JSON.stringify(told.body));
    assert.equal(receiver.alerts(secret).length, 1);
  } finally {
    await house.close();
    await receiver.close();
  }
});

test('without its root key a gateway with secrets does not start, and says what to do', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-root-'));
  try {
    const house = await openHouse(YAML, {}, dir);
    const admin = await openAdmin(house);
    const value = { type: 'openai', apiKey: drawnSecret() };
    await admin.done('POST', 'config/providers', { name: 'vendor', value });
    await house.running.stop();
    const file = join(dir, 'data', 'root-key');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const right = readFileSync(file, 'utf8');
    const refused = (problem: RegExp) =>
      assert.rejects(openHouse(YAML, {}, dir), (thrown: unknown) => {
        assert.ok(thrown instanceof ConfigProblem);
        assert.equal(thrown.path[0], 'custody');
        assert.match(thrown.message, problem);
        return true;
      });
    rmSync(file);
    await refused(/cannot be read: restore it/u);
    const digits = isJsonObject(JSON.parse(right)) ? drawnSecret().slice(7) : '';
    writeFileSync(file, `${JSON.stringify({ version: 1, key: digits.padEnd(64, '7') })}\n`, {
      mode: 0o600,
    });
    await refused(/keys under the root key local\/[0-9a-f]{16}, which is not here/u);
    writeFileSync(file, right);
    chmodSync(file, 0o640);
    await refused(/can be read by others/u);
    chmodSync(file, 0o600);
    await (await openHouse(YAML, {}, dir)).running.stop();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
