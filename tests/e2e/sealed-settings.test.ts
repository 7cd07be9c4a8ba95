/** Secrets in stored settings: entered once, never shown, bound to their address, kept over a restart. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync, chmodSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import type { Config } from '#config/config.ts';
import { checkConfig } from '#config/load.ts';
import { SinkFault } from '#audit/sinks/sink.ts';
import { isRemote } from '#config/providers-section.ts';
import { tokenServerOwner } from '#config/setting-secrets.ts';
import { sinksSection } from '#config/sinks-section.ts';
import { sealedOf, sealedReference } from '#custody/sealed.ts';
import { openSink } from '#runtime/sinks/open-sink.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { systemClock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject } from '#stdx/json.ts';

import { type Admin, openAdmin } from '../support/admin.ts';
import { openReceiver, webhookSecret } from '../support/alert-receiver.ts';
import { assertNowhere, bytesOfFiles, drawnSecret } from '../support/canary-secrets.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import {
  openReceiver as openSinkReceiver,
  s3Wire,
  type SinkReceiver,
  splunkWire,
  webhookWire,
} from '../support/sink-receivers.ts';
import { json, openUpstream, upstreamYaml } from '../support/upstream.ts';

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

/**
 * The store declares nothing with a private address, and tests have no other: the reference that is in
 * force for an entry of the store is put beside such an address, as the file alone may have it.
 */
const inForce = async (house: House, yaml: string, change: (config: Config) => Config) => {
  const loaded = await checkConfig(yaml, join(house.dir, 'llmproxy.yaml'), {
    STAND_IN: drawnSecret(),
    WEBHOOK: webhookSecret(),
  });
  assert.ok(loaded.ok);
  const { config, hash, secretsAt, tree, source: path } = loaded;
  const { dataDir, server, admin, custody } = house.config();
  const fixed = { ...config, dataDir, server, admin, custody };
  const source = { config: change(fixed), hash, secretsAt, tree, path };
  assert.deepEqual(await house.running.apply(source), { applied: true, problems: [] });
};

test('a sealed secret reaches its provider, whole and in streams, and is nowhere else', async () => {
  const upstream = await openUpstream();
  try {
    await scene(async (house) => {
      const secret = drawnSecret();
      const { origin } = new URL(upstream.url);
      const bound = { tenant: null, owner: 'provider/local', purpose: 'apiKey' } as const;
      const { custody } = house.running.world.custody;
      const apiKey = sealedReference(await custody.seal({ ...bound, origins: [origin] }, secret));
      await inForce(
        house,
        `${upstreamYaml(upstream)}${BASE}`.replace('UPSTREAM_KEY', 'STAND_IN'),
        (config) => {
          const { local } = config.providers;
          assert.ok(local !== undefined && isRemote(local));
          return { ...config, providers: { local: { ...local, apiKey } } };
        },
      );
      const key = await house.key();
      const url = `${house.url}/v1/chat/completions`;
      assert.equal((await post(url, chat('hello'), bearer(key))).status, 200);
      assert.equal((await post(url, chat('hello', { stream: true }), bearer(key))).status, 200);
      const sent = upstream.seen.map(({ headers }) => headers.authorization);
      assert.deepEqual(sent, [`Bearer ${secret}`, `Bearer ${secret}`]);
      const records = JSON.stringify(await house.records());
      assertNowhere({ secret }, { log: house.log(), records, ...bytesOfFiles(house.dir) });
    });
  } finally {
    await upstream.close();
  }
});

test('a sealed secret of a guard goes to its service; one of another guard opens for none, and the call is refused', async () => {
  const judge = await openUpstream((_, response) => json(response, 200, { findings: [] }));
  try {
    await scene(async (house) => {
      const secret = drawnSecret();
      const { origin } = new URL(judge.url);
      const { custody } = house.running.world.custody;
      const key = await house.key();
      const ask = async (owner: 'guard/asks' | 'guard/other'): Promise<number> => {
        const bound = { tenant: null, owner, purpose: 'apiKey', origins: [origin] };
        const apiKey = sealedReference(await custody.seal(bound, secret));
        const guard = `{ name: asks, type: external, adapter: webhook, url: "${judge.url}", apiKey: "\${env:STAND_IN}", on: [request], allowPrivateAddress: true }`;
        await inForce(house, `${DEMO}${BASE}guards: [${guard}]\n`, (config) => ({
          ...config,
          guards: config.guards.map((one) => ({ ...one, apiKey })),
        }));
        const url = `${house.url}/v1/chat/completions`;
        return (await post(url, chat(owner), bearer(key))).status;
      };
      assert.equal(await ask('guard/asks'), 200);
      assert.equal(judge.seen[0]?.headers.authorization, `Bearer ${secret}`);
      const before = judge.seen.length;
      assert.equal(await ask('guard/other'), 503);
      assert.equal(judge.seen.length, before);
    });
  } finally {
    await judge.close();
  }
});

test('a sealed secret of a receiver signs what the receiver verifies', async () => {
  const receiver = await openReceiver();
  try {
    await scene(async (house, admin) => {
      const secret = webhookSecret();
      const { origin } = new URL(receiver.url);
      const bound = { tenant: null, owner: 'alert/ops', purpose: 'secret' } as const;
      const { custody } = house.running.world.custody;
      const sealed = await custody.seal({ ...bound, origins: [origin] }, secret);
      const target = `{ name: ops, url: "${receiver.url}", secret: "\${env:WEBHOOK}", allowPrivateAddress: true }`;
      await inForce(house, `${YAML}alerts: [${target}]\n`, (config) => ({
        ...config,
        alerts: config.alerts.map((one) => ({ ...one, secret: sealedReference(sealed) })),
      }));
      const told = await admin.done('POST', 'alerts/ops/test', {});
      assert.equal(told.body['isDelivered'], true, JSON.stringify(told.body));
      assert.equal(receiver.alerts(secret).length, 1);
    });
  } finally {
    await receiver.close();
  }
});

test('sealed secrets of sinks sign and open what their receivers take; one of another sink opens for none', async () => {
  const [signing, token] = [webhookSecret(), drawnSecret()];
  const receivers = await Promise.all([
    openSinkReceiver(webhookWire(signing)),
    openSinkReceiver(splunkWire(token)),
    openSinkReceiver(splunkWire(token)),
  ]);
  const [hook, hec, other] = receivers;
  try {
    await scene(async (house, admin) => {
      const { custody } = house.running.world.custody;
      const sealed = async (
        owner: `sink/${string}`,
        purpose: string,
        { url }: SinkReceiver,
        secret: string,
      ) => {
        const bound = { tenant: null, owner, purpose, origins: [new URL(url).origin] };
        return sealedReference(await custody.seal(bound, secret));
      };
      const secrets = new Map([
        ['hook', { secret: await sealed('sink/hook', 'secret', hook, signing) }],
        ['hec', { token: await sealed('sink/hec', 'token', hec, token) }],
        ['other', { token: await sealed('sink/hec', 'token', other, token) }],
      ]);
      const shared = 'format: json, from: start, allowPrivateAddress: true';
      const splunk = (name: string, { url }: SinkReceiver): string =>
        `{ name: ${name}, type: splunk, url: "${url}", token: "\${env:STAND_IN}", ${shared} }`;
      const yaml = `${YAML}audit:
  sinks:
    - { name: hook, type: webhook, url: "${hook.url}/hook", secret: "\${env:WEBHOOK}", ${shared} }
    - ${splunk('hec', hec)}
    - ${splunk('other', other)}
`;
      await inForce(house, yaml, (config) => {
        const sinks = config.audit.sinks.map((one) => ({ ...one, ...secrets.get(one.name) }));
        return { ...config, audit: { ...config.audit, sinks } };
      });
      const key = await house.key();
      const said = await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(key));
      assert.equal(said.status, 200);
      const startMs = performance.now();
      let told = '';
      const isRefused = /"name":"other"[^}]*"lastError":"unauthorized"/u;
      while (hook.taken.length < 2 || hec.taken.length < 2 || !isRefused.test(told)) {
        assert.ok(performance.now() - startMs < 10_000, told);
        await setTimeout(50);
        told = JSON.stringify((await admin.done('GET', 'audit/sinks')).body);
      }
      assert.deepEqual([hook.problems, hec.problems, other.requests()], [[], [], 0]);
      assertNowhere({ signing, token }, { log: house.log(), told });
    });
  } finally {
    await Promise.all(receivers.map((one) => one.close()));
  }
});

test('a sealed secret signs what a bucket verifies; one of another bucket signs nothing', async () => {
  const secretAccessKey = drawnSecret();
  const objects = new Map<string, Buffer>();
  const wire = s3Wire({ accessKeyId: 'AKEXAMPLE', secretAccessKey, lock: null }, objects);
  const [bucket, other] = await Promise.all([openSinkReceiver(wire), openSinkReceiver(wire)]);
  try {
    await scene(async (house) => {
      const { custody } = house.running.world.custody;
      const secretFor = async ({ url }: SinkReceiver): Promise<string> => {
        const origins = [new URL(url).origin];
        const named = { owner: 'sink/bucket', purpose: 'secretAccessKey' } as const;
        const bound = { tenant: null, origins, ...named };
        return sealedReference(await custody.seal(bound, secretAccessKey));
      };
      const put = async (to: SinkReceiver, sealed: string, name = 'bucket'): Promise<string> => {
        const [section] = sinksSection.parse([
          {
            name,
            type: 's3',
            url: to.url,
            bucket: 'archive',
            region: 'eu-1',
            accessKeyId: 'AKEXAMPLE',
            secretAccessKey: sealed,
            allowPrivateAddress: true,
          },
        ]);
        assert.ok(section !== undefined);
        const sink = openSink(section, {
          clock: systemClock,
          custody,
          folders: [],
          instance: 'gw',
        });
        const bytes = Buffer.from('a segment');
        try {
          await sink.send({ kind: 'file', name: 'x.seg', bytes }, new Cancellation());
          return 'sent';
        } catch (thrown) {
          return thrown instanceof SinkFault ? thrown.code : String(thrown);
        } finally {
          await sink.close();
        }
      };
      const sealed = await secretFor(bucket);
      assert.equal(await put(bucket, sealed), 'sent');
      assert.deepEqual([objects.size, bucket.problems], [1, []]);
      // Another address, another name: it does not decrypt, and nothing leaves.
      assert.equal(await put(other, sealed), 'unauthorized');
      assert.equal(await put(bucket, sealed, 'another'), 'unauthorized');
      assert.deepEqual([other.requests(), bucket.requests()], [0, 1]);
      assertNowhere({ secretAccessKey }, { log: house.log(), ...bytesOfFiles(house.dir) });
    });
  } finally {
    await Promise.all([bucket.close(), other.close()]);
  }
});

test('a sealed secret of a client asks its token server; one of another client lets nobody in', async () => {
  const clientSecret = drawnSecret();
  const server = await openUpstream((_seen, response) =>
    json(response, 200, { active: true, sub: 'ann' }),
  );
  try {
    await scene(async (house) => {
      const { custody } = house.running.world.custody;
      const origins = [new URL(server.url).origin];
      const sealedFor = async (clientId: string): Promise<string> => {
        const owner = tokenServerOwner(clientId);
        const bound = { tenant: null, owner, purpose: 'clientSecret', origins } as const;
        return sealedReference(await custody.seal(bound, clientSecret));
      };
      const yaml = `${YAML}auth:
  introspection:
    - { endpoint: "${server.url}/introspect", clientId: "gate way", clientSecret: "\${env:STAND_IN}", tenant: acme, allowPrivateAddress: true }
`;
      const asking = async (sealed: string): Promise<void> =>
        await inForce(house, yaml, (config) => {
          const introspection = config.auth.introspection.map((one) => ({
            ...one,
            clientSecret: sealed,
          }));
          return { ...config, auth: { ...config.auth, introspection } };
        });
      const ask = async (token: string): Promise<number> =>
        (await fetch(`${house.url}/v1/models`, { headers: bearer(token) })).status;
      await asking(await sealedFor('gate way'));
      assert.equal(await ask('opaque-token-1'), 200);
      const pair = `gate+way:${clientSecret}`;
      const basic = `Basic ${Buffer.from(pair).toString('base64')}`;
      assert.deepEqual(
        server.seen.map(({ headers }) => headers.authorization),
        [basic],
      );
      await asking(await sealedFor('another'));
      assert.equal(await ask('opaque-token-2'), 503, 'nobody can say whether it holds');
      assert.equal(server.seen.length, 1, 'and nothing was sent');
      assertNowhere({ clientSecret }, { log: house.log(), ...bytesOfFiles(house.dir) });
    });
  } finally {
    await server.close();
  }
});

test('a sealed secret in a file is refused: it would be left behind when keys change', async () => {
  await scene(async (house) => {
    const bound = { tenant: null, owner: 'provider/x', purpose: 'apiKey' } as const;
    const { custody } = house.running.world.custody;
    const sealed = await custody.seal({ ...bound, origins: ['https://a.example'] }, drawnSecret());
    const yaml = `providers: { x: { type: openai, apiKey: "${sealedReference(sealed)}" } }\nguards: []\n`;
    const loaded = await checkConfig(yaml, join(house.dir, 'x.yaml'), {});
    assert.ok(!loaded.ok);
    assert.match(loaded.problems[0]?.message ?? '', /cannot stand in a file/u);
  });
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
