/** Secrets that tenants bring: used for their calls, for nobody else's, and shown to nobody. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Admin, openAdmin } from '../support/admin.ts';
import { assertNowhere, bytesOfFiles, drawnSecret } from '../support/canary-secrets.ts';
import { bearer, chat, type House, openHouse, post } from '../support/house.ts';
import { answering, json, openUpstream, type Upstream, UPSTREAM_ENV } from '../support/upstream.ts';

const tenantsYaml = (upstream: Upstream, more = ''): string => `
providers:
  local: { type: openai, baseUrl: "${upstream.url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true${more} }
models:
  demo: { deployments: [{ provider: local, model: m }] }
guards: []
tenants:
  - { id: acme, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
  - { id: other, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
`;

interface Scene {
  readonly house: House;
  readonly admin: Admin;
  readonly upstream: Upstream;
  /** Status, reason, and the secret that the provider got; null: it was not called. */
  readonly say: (tenant: string) => Promise<readonly [number, string, string | null]>;
}

async function scene(run: (scene: Scene) => Promise<void>, more = ''): Promise<void> {
  const upstream = await openUpstream();
  const house = await openHouse(tenantsYaml(upstream, more), UPSTREAM_ENV);
  try {
    const admin = await openAdmin(house);
    const keys: Record<string, string> = {
      acme: await house.key(),
      other: await house.key({ tenant: 'other' }),
    };
    await run({
      house,
      admin,
      upstream,
      async say(tenant) {
        const before = upstream.seen.length;
        const url = `${house.url}/v1/chat/completions`;
        const { status, text } = await post(url, chat('x'), bearer(keys[tenant] ?? ''));
        const seen = upstream.seen[before]?.headers.authorization?.slice('Bearer '.length) ?? null;
        return [status, text, seen];
      },
    });
  } finally {
    await house.close();
    await upstream.close();
  }
}

const PATH = 'tenants/acme/provider-secrets';

test('a tenant’s own secret is used for its calls at once, and the provider’s for all others', async () => {
  await scene(async ({ house, admin, say }) => {
    const [first, second] = [drawnSecret(), drawnSecret()];
    const set = await admin.done('POST', PATH, { provider: 'local', secret: first });
    assert.deepEqual([set.status, set.body['secretVersion']], [201, 1]);
    assert.deepEqual((await say('acme'))[2], first);
    assert.deepEqual((await say('other'))[2], UPSTREAM_ENV.UPSTREAM_KEY);
    const again = await admin.done('POST', PATH, { provider: 'local', secret: second });
    assert.equal(again.body['secretVersion'], 2);
    assert.deepEqual((await say('acme'))[2], second);
    const told = [
      set,
      again,
      await admin.done('GET', PATH),
      await admin.done('GET', `${PATH}/local`),
      await admin.done('GET', 'secrets'),
      await admin.done('GET', 'config'),
    ];
    const places = {
      told: JSON.stringify(told),
      log: house.log(),
      records: JSON.stringify(await house.records()),
      ...bytesOfFiles(house.dir),
    };
    assertNowhere({ first, second }, places);
    assert.ok(!places.told.includes('c1.'));
    await admin.done('DELETE', `${PATH}/local`, undefined, again.etag);
    assert.deepEqual((await say('acme'))[2], UPSTREAM_ENV.UPSTREAM_KEY);
    assert.deepEqual((await admin.done('GET', PATH)).body['items'], []);
  });
});

test('where own secrets are required, a tenant without one is refused in clear words', async () => {
  await scene(async ({ admin, say, upstream }) => {
    const [status, text, seen] = await say('acme');
    assert.deepEqual([status, seen], [403, null]);
    assert.match(text, /has to bring its own secret/u);
    const secret = drawnSecret();
    const set = await admin.done('POST', PATH, { provider: 'local', secret });
    assert.deepEqual((await say('acme'))[2], secret);
    assert.equal((await say('other'))[0], 403);
    await admin.done('DELETE', `${PATH}/local`, undefined, set.etag);
    assert.equal((await say('acme'))[0], 403);
    assert.equal(upstream.seen.length, 1);
  }, ', ownSecrets: required');
});

test('who administers one tenant brings secrets for it alone; weak ones and unknown providers are refused', async () => {
  await scene(async ({ house, admin }) => {
    const made = await admin.done('POST', 'admin-tokens', {
      role: 'platform-admin',
      tenant: 'acme',
    });
    const ask = async (path: string, body: unknown) => {
      const response = await fetch(`${house.adminUrl}/admin/v1/${path}`, {
        method: 'POST',
        headers: { ...bearer(String(made.body['token'])), 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return [response.status, await response.text()] as const;
    };
    const secret = drawnSecret();
    assert.equal((await ask(PATH, { provider: 'local', secret }))[0], 201);
    const other = 'tenants/other/provider-secrets';
    assert.equal((await ask(other, { provider: 'local', secret }))[0], 404);
    assert.equal((await ask('secrets/rewrap', {}))[0], 403);
    for (const weak of ['changeme', `${secret}\n`, `two ${secret}`, '${env:HOME}']) {
      const [status, text] = await ask(PATH, { provider: 'local', secret: weak });
      assert.equal(status, 400, text);
      assert.match(text, /"field":"secret"/u);
      assert.ok(!text.includes(secret));
    }
    assert.equal((await ask(PATH, { provider: 'nowhere', secret }))[0], 404);
    assert.equal(
      (await admin.ask('POST', 'tenants/nobody/provider-secrets', { provider: 'local', secret }))
        .status,
      404,
    );
  });
});

test('a wrong secret of one tenant does not open the breaker for the others', async () => {
  await scene(async ({ admin, say, upstream }) => {
    const secret = drawnSecret();
    await admin.done('POST', PATH, { provider: 'local', secret });
    const fine = answering('fine');
    upstream.script = (seen, response, socket) => {
      if (seen.headers.authorization !== `Bearer ${secret}`) return fine(seen, response, socket);
      json(response, 401, { error: { message: 'wrong' } });
      return undefined;
    };
    for (let calls = 0; calls < 30; calls += 1) assert.equal((await say('acme'))[0], 502);
    for (let calls = 0; calls < 5; calls += 1) assert.equal((await say('other'))[0], 200);
  });
});

test('a tenant with a secret is not removed; with the tenant go its keys', async () => {
  await scene(async ({ house, admin }) => {
    const made = await admin.done('POST', 'tenants', { id: 'brief' });
    const path = 'tenants/brief/provider-secrets';
    const set = await admin.done('POST', path, { provider: 'local', secret: drawnSecret() });
    const { storage } = house.running.world;
    assert.ok((await storage.keyRings.find('brief')) !== null);
    assert.equal((await admin.ask('DELETE', 'tenants/brief', undefined, made.etag)).status, 409);
    await admin.done('DELETE', `${path}/local`, undefined, set.etag);
    await admin.done('DELETE', 'tenants/brief', undefined, made.etag);
    assert.equal(await storage.keyRings.find('brief'), null);
  });
});
