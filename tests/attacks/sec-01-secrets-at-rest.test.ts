/**
 * SEC-01: secrets at rest. A whole dump of the store and a crawl of the API hold none of them in the
 * clear; an envelope that is moved to another tenant, owner or address, or changed in one bit, opens
 * for nobody: the call is refused, nothing leaves, and it is recorded and counted.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { test } from 'node:test';

import { adminRoutes } from '#admin/routes.ts';
import { boundTo, newSecret, testCustody } from '#custody/custody.contract.ts';
import { Fault } from '#domain/fault.ts';

import { webhookSecret } from '../support/alert-receiver.ts';
import { assertNowhere, bytesOfFiles, drawnSecret } from '../support/canary-secrets.ts';
import { get } from '../support/house.ts';
import { type SecretScene, secretScene, twoTenants } from '../support/tenant-secrets.ts';
import { openUpstream } from '../support/upstream.ts';

/** What a stream of events says in half a second. */
async function heard(url: string, token: string): Promise<string> {
  const signal = AbortSignal.timeout(500);
  const pieces: string[] = [];
  try {
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` }, signal });
    assert.equal(answer.status, 200);
    const decoder = new TextDecoder();
    for await (const chunk of answer.body ?? []) pieces.push(decoder.decode(chunk));
  } catch (thrown) {
    // Its time is over: that is how it ends.
    if (!signal.aborted) throw thrown;
  }
  return pieces.join('');
}

test('SEC-01: a dump of all files and a crawl of the API hold no secret in any spelling', async () => {
  await secretScene(async ({ house, admin, say, secrets: own }) => {
    const secrets = {
      ...own,
      provider: drawnSecret(),
      alert: webhookSecret(),
      guard: drawnSecret(),
    };
    const guard = {
      type: 'external',
      adapter: 'webhook',
      url: 'https://guard.example.com',
      on: ['reply'],
      mode: 'observe',
      apiKey: secrets.guard,
      onFault: 'pass',
    };
    const changes = [
      { section: 'providers', name: 'vendor', value: { type: 'openai', apiKey: secrets.provider } },
      { section: 'guards', name: 'asks', value: guard },
      {
        section: 'alerts',
        name: 'ops',
        value: { url: 'https://alerts.example.com', secret: secrets.alert },
      },
    ];
    const answers: string[] = [
      JSON.stringify(await admin.done('POST', 'config/apply', { changes })),
    ];
    for (const tenant of ['acme', 'other'] as const) answers.push((await say(tenant)).text);
    for (const { method, path, response } of adminRoutes) {
      if (method !== 'GET') continue;
      if (response === 'events') {
        // It has no end: what comes in a moment is looked at.
        answers.push(await heard(`${house.adminUrl}${path}`, admin.token));
        continue;
      }
      for (const name of ['vendor', 'asks', 'ops', 'local']) {
        const known = path
          .replace('/admin/v1/', '')
          .replace('{tenant}', 'acme')
          .replace(
            '{section}',
            { vendor: 'providers', asks: 'guards', ops: 'alerts' }[name] ?? 'models',
          )
          .replace('{name}', name);
        answers.push(JSON.stringify(await admin.ask('GET', known)));
      }
    }
    assert.ok(answers.length > 60);
    answers.push((await get(`${house.adminUrl}/metrics`)).text);
    const { world } = house.running;
    const records = JSON.stringify(await house.records());
    const places = {
      answers: answers.join('\n'),
      log: house.log(),
      records,
      memory: inspect([world, house.running.current()], { depth: 8, showHidden: true }),
      ...bytesOfFiles(house.dir),
    };
    assert.ok(Object.keys(places).length > 8);
    assertNowhere(secrets, places);
    assert.ok(!places.answers.includes('c1.1.'), 'nor does an answer hold an envelope');
  });
});

/** Refused with 503, nothing sent, in the record by its name, and counted. */
async function refused({ house, say, upstream }: SecretScene, tenant: 'acme' | 'other') {
  const before = upstream.seen.length;
  const answer = await say(tenant);
  assert.equal(answer.status, 503, answer.text);
  assert.equal(upstream.seen.length, before, 'nothing left, with no other secret either');
  assert.ok(!answer.text.includes('c1.'));
  const last = (await house.records()).findLast(({ kind }) => kind === 'complete');
  assert.equal(last?.tenant, tenant);
  assert.match(JSON.stringify(last), /secret-unreadable/u);
  const metrics = (await get(`${house.adminUrl}/metrics`)).text;
  assert.match(metrics, /secret-unreadable/u);
}

const COPY = (set: string): string =>
  `UPDATE provider_secrets SET document = (SELECT ${set} FROM provider_secrets WHERE id = 'acme/local') WHERE id = 'other/local'`;

test('SEC-01: a row that is copied to another tenant opens for nobody, however it is dressed', async () => {
  const copies: Readonly<Record<string, readonly string[]>> = {
    'as it is': [COPY('document')],
    'with its tenant changed': [
      COPY("json_set(document, '$.tenant', 'other', '$.id', 'other/local')"),
    ],
    'only the envelope': [
      `UPDATE provider_secrets SET document = json_set(document, '$.sealed', (SELECT document ->> '$.sealed' FROM provider_secrets WHERE id = 'acme/local')) WHERE id = 'other/local'`,
    ],
    'with the keys of its tenant': [
      COPY("json_set(document, '$.tenant', 'other', '$.id', 'other/local')"),
      `UPDATE key_rings SET document = (SELECT json_set(document, '$.tenant', 'other', '$.id', 'other') FROM key_rings WHERE id = 'acme') WHERE id = 'other'`,
    ],
  };
  for (const [how, statements] of Object.entries(copies)) {
    await secretScene(async (scene) => {
      await scene.breakIn(...statements);
      await refused(scene, 'other');
      const { status } = await scene.say('acme');
      assert.equal(status, 200, how);
      const { authorization } = scene.upstream.seen.at(-1)?.headers ?? {};
      assert.equal(authorization, `Bearer ${scene.secrets.acme}`);
    });
  }
});

test('SEC-01: a row that is changed, cut or emptied is refused, and others go on', async () => {
  const sealed = "document ->> '$.sealed'";
  const changes = [
    `substr(${sealed}, 1, length(${sealed}) - 4)`,
    `replace(${sealed}, 'c1.', 'c2.')`,
    `${sealed} || 'A'`,
    `'c1.1.1.AAAA.AAAA'`,
    `''`,
  ];
  for (const change of changes) {
    await secretScene(async (scene) => {
      await scene.breakIn(
        `UPDATE provider_secrets SET document = json_set(document, '$.sealed', ${change}) WHERE id = 'other/local'`,
      );
      await refused(scene, 'other');
      assert.equal((await scene.say('acme')).status, 200);
    });
  }
});

test('SEC-01: where a provider moves, no secret that was brought for its old address goes to the new one', async () => {
  const elsewhere = await openUpstream();
  try {
    await secretScene(async (scene) => {
      const { house, upstream } = scene;
      assert.equal((await scene.say('acme')).status, 200);
      assert.deepEqual((await house.apply(twoTenants(elsewhere))).problems, []);
      await refused(scene, 'acme');
      // Nor where the row says that it was for there.
      await scene.breakIn(
        `UPDATE provider_secrets SET document = json_set(document, '$.origin', '${new URL(elsewhere.url).origin}')`,
      );
      await refused(scene, 'acme');
      assert.equal(elsewhere.seen.length, 0);
      assert.deepEqual((await house.apply(twoTenants(upstream))).problems, []);
      assert.equal((await scene.say('acme')).status, 200);
    });
  } finally {
    await elsewhere.close();
  }
});

test('SEC-01: an envelope of a setting whose address is changed in the store opens for nobody', async () => {
  await secretScene(async ({ house, admin }) => {
    const secret = drawnSecret();
    const value = { type: 'openai', apiKey: secret };
    await admin.done('POST', 'config/providers', { name: 'vendor', value });
    const record = await house.running.world.storage.settings.find('providers/vendor');
    const sealed = String(Object.values(record?.value['apiKey'] ?? {})[0]);
    const { custody } = house.running.world.custody;
    const open = async (owner: 'provider/vendor' | 'provider/other', origin: string) =>
      await custody.open(
        { tenant: null, owner, purpose: 'apiKey', origins: [origin] },
        sealed,
        (plain) => plain.toString('utf8'),
      );
    assert.equal(await open('provider/vendor', 'https://api.openai.com'), secret);
    await assert.rejects(open('provider/vendor', 'https://evil.example'), Fault);
    await assert.rejects(open('provider/other', 'https://api.openai.com'), Fault);
  });
});

test('SEC-01: ten thousand changed envelopes, and none opens', async () => {
  const { custody } = testCustody();
  const bound = boundTo({ tenant: 'acme' });
  const secret = newSecret();
  const sealed = await custody.seal(bound, secret);
  const other = await custody.seal(boundTo({ tenant: 'acme', owner: 'provider/b' }), newSecret());
  const random = (max: number): number => randomBytes(4).readUInt32LE() % max;
  const [parts, foreign] = [sealed.split('.'), other.split('.')];
  const mutations: readonly (() => string)[] = [
    () => sealed.slice(0, random(sealed.length)),
    () => sealed.slice(1 + random(sealed.length - 1)),
    () => flipped(sealed, random),
    () => parts.map((part, at) => (at === 1 + random(4) ? (foreign[at] ?? '') : part)).join('.'),
    () => parts.map((part, at) => (at > 0 && at < 3 ? String(random(5)) : part)).join('.'),
    () =>
      `c1.1.1.${randomBytes(60).toString('base64url')}.${randomBytes(64).toString('base64url')}`,
    () => `${sealed}${String.fromCodePoint(random(128))}`,
  ];
  let tries = 0;
  for (let round = 0; round < 10_000; round += 1) {
    const changed = mutations[round % mutations.length]?.() ?? '';
    if (changed === sealed) continue;
    tries += 1;
    const opening = async (): Promise<unknown> => await custody.open(bound, changed, String);
    await assert.rejects(opening, (thrown: unknown) => {
      assert.ok(thrown instanceof Fault && thrown.code === 'secret-unreadable', changed);
      assert.ok(!String(thrown.stack).includes(secret) && !thrown.message.includes('c1.'));
      return true;
    });
  }
  assert.ok(tries > 9_000);
  assert.equal(await custody.open(bound, sealed, String), secret);
});

/** One bit of the bytes of one part: not only of the text, of which some bits decode to nothing. */
function flipped(sealed: string, random: (max: number) => number): string {
  const parts = sealed.split('.');
  const at = 3 + random(2);
  const bytes = Buffer.from(parts[at] ?? '', 'base64url');
  const byte = random(bytes.length);
  bytes[byte] = (bytes[byte] ?? 0) ^ (1 << random(8));
  return parts.with(at, bytes.toString('base64url')).join('.');
}
