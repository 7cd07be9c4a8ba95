/** What the store adds to the file: in force at once, whole or not at all, kept over a restart. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import { sealedOf } from '#custody/sealed.ts';

import { type Admin, openAdmin } from '../support/admin.ts';
import { assertNowhere, bytesOfFiles, drawnSecret } from '../support/canary-secrets.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import { AUDIENCE, newKey, tokenOf } from '../support/issuer.ts';

const YAML = `${DEMO}${BASE}guards: []\n`;
const FALCON = {
  type: 'topics',
  on: ['request'],
  rules: [{ match: 'project falcon', action: 'block' }],
};
const ALIAS = { deployments: [{ provider: 'demo' }] };

interface Scene {
  readonly house: House;
  readonly admin: Admin;
  readonly say: (model?: string, text?: string) => Promise<number>;
}

async function scene(run: (scene: Scene) => Promise<void>, yaml = YAML): Promise<void> {
  const house = await openHouse(yaml);
  try {
    const [admin, key] = [await openAdmin(house), await house.key()];
    const say = async (model = 'demo', text = 'hello'): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, { ...chat(text), model }, bearer(key)))
        .status;
    await run({ house, admin, say });
  } finally {
    await house.close();
  }
}

test('a guard, a model and a limit are in force when the answer comes, and gone when they go', async () => {
  await scene(async ({ house, admin, say }) => {
    assert.equal(await say('demo', 'about project falcon'), 200);
    const guard = await admin.done('POST', 'config/guards', { name: 'house', value: FALCON });
    assert.equal(guard.status, 201);
    assert.equal(await say('demo', 'about project falcon'), 400);
    assert.equal(await say('second'), 404);
    await admin.done('POST', 'config/models', { name: 'second', value: ALIAS });
    assert.equal(await say('second'), 200);
    const limit = { name: 'few', value: { per: ['key'], requests: '2/1h', burst: 2 } };
    const made = await admin.done('POST', 'config/limits', limit);
    assert.deepEqual([await say(), await say(), await say()], [200, 200, 429]);
    const wider = { value: { per: ['key'], requests: '1000/1m' } };
    const edited = await admin.done('PATCH', 'config/limits/few', wider, made.etag);
    assert.equal(edited.body['version'], 2);
    assert.equal((await admin.ask('PATCH', 'config/limits/few', wider, made.etag)).status, 412);
    await admin.done('DELETE', 'config/limits/few', undefined, edited.etag);
    await admin.done('DELETE', 'config/guards/house', undefined, guard.etag);
    assert.equal(await say('demo', 'about project falcon'), 200);
    const listed = await admin.done('GET', 'config/models');
    const items = listed.body['items'] as { name: string; managedBy: string }[];
    assert.deepEqual(
      items.map(({ name, managedBy }) => `${name} ${managedBy}`),
      ['demo file', 'second store'],
    );
    assert.deepEqual(await actsOn(house, 7), ['config.create', 'config.update', 'config.delete']);
  });
});

test('a budget is in force when the answer comes, counts what was spent before, and goes', async () => {
  const yaml = YAML.replace(
    'models:\n',
    'models:\n  dear: { deployments: [{ provider: demo }], price: { inputPerMTok: 1000, outputPerMTok: 1000 } }\n',
  );
  await scene(async ({ admin, say }) => {
    assert.equal(await say('dear'), 200);
    const value = { per: ['tenant'], usd: 0.000001 };
    const made = await admin.done('POST', 'config/budgets', { name: 'tiny', value });
    assert.equal(made.status, 201);
    assert.equal(await say('dear'), 429);
    const { body } = await admin.done('GET', 'budgets');
    assert.match(JSON.stringify(body), /"name":"tiny"/u);
    const changes = [{ section: 'budgets', name: 'tiny', value: null, version: 1 }];
    const told = await admin.done('POST', 'config/diff', { changes });
    assert.match(JSON.stringify(told.body['affected']), /"refused calls","count":1/u);
    const twice = { name: 'tiny', value: { ...value, name: 'other' } };
    assert.equal((await admin.ask('POST', 'config/budgets', twice)).status, 409);
    const odd = { name: 'odd', value: { usd: 0 } };
    const refused = await admin.ask('POST', 'config/budgets', odd);
    assert.match(JSON.stringify(refused.body), /budgets\.odd\.usd/u);
    await admin.done('DELETE', 'config/budgets/tiny', undefined, made.etag);
    assert.equal(await say('dear'), 200);
  }, yaml);
});

/** What the log says was done, once each; the store hands it over a moment after the answer. */
async function actsOn(house: House, count: number): Promise<unknown[]> {
  const deadline = Date.now() + 5_000;
  for (;;) {
    const records = await house.records();
    const acts = records.filter(({ resource }) => resource?.startsWith('config/'));
    if (acts.length >= count || Date.now() > deadline) {
      assert.equal(acts.length, count);
      return [...new Set(acts.map(({ action }) => action))];
    }
    await setTimeout(20);
  }
}

test('what does not fit is not taken: its field is named, and nothing has changed', async () => {
  await scene(async ({ house, admin, say }) => {
    const wrong: readonly (readonly [string, string, object, RegExp])[] = [
      [
        'models',
        'x',
        { deployments: [{ provider: 'nothing' }] },
        /models\.x\.deployments\[0\]\.provider/u,
      ],
      ['guards', 'x', { type: 'topics', rules: [] }, /guards\.x\.rules/u],
      ['guards', 'x', { type: 'nothing' }, /guards\.x/u],
      ['limits', 'x', { per: ['moon'], requests: '1/1m' }, /limits\.x\.per/u],
      ['limits', 'x', { name: 'y', requests: '1/1m' }, /limits\.x\.name/u],
      ['providers', 'x', { type: 'openai', apiKey: 'k'.repeat(20) }, /providers\.x\.apiKey/u],
      ['providers', 'x', { type: 'openai', baseUrl: '${env:HOME}' }, /no substitutions here/u],
      [
        'providers',
        'x',
        { type: 'openai', baseUrl: 'http://127.0.0.1:1', allowPrivateAddress: true },
        /only the file can allow this/u,
      ],
    ];
    for (const [section, name, value, told] of wrong) {
      const answer = await admin.ask('POST', `config/${section}`, { name, value });
      assert.equal(answer.status, 422, JSON.stringify(answer.body));
      assert.match(JSON.stringify(answer.body), told);
    }
    const taken = await admin.ask('POST', 'config/models', { name: 'demo', value: ALIAS });
    assert.equal(taken.status, 409);
    assert.match(String(taken.body['type']), /managed-by-file/u);
    assert.equal((await admin.ask('POST', 'config/nothing', { name: 'x', value: {} })).status, 404);
    assert.equal(await say(), 200);
    const { items } = await house.running.world.storage.settings.list({ limit: 10 });
    assert.deepEqual(items, []);
  });
});

test('the store names no file: none is looked at, and no package of one is run', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmproxy-package-'));
  const here = join(folder, 'node_modules/@huggingface/tokenizers');
  const ran = join(folder, 'ran');
  mkdirSync(here, { recursive: true });
  const code = `require('node:fs').writeFileSync(${JSON.stringify(ran)}, '');`;
  writeFileSync(join(here, 'index.js'), code);
  await scene(async ({ admin }) => {
    for (const model of [join(here, 'index.js'), join(folder, 'nothing')]) {
      const classes = { labels: ['a', 'b'], find: ['b'] };
      const value = { type: 'onnx', model, tokenizer: model, runtime: folder, ...classes };
      const answer = await admin.ask('POST', 'config/guards', { name: 'x', value });
      const changes = [{ section: 'guards', name: 'x', value }];
      const asked = await admin.ask('POST', 'config/diff', { changes });
      // What is there and what is not get the same answer.
      for (const { status, body } of [answer, asked]) {
        assert.equal(status, 422);
        assert.match(JSON.stringify(body), /guards\.x\.model.*only the file can name files/u);
        assert.match(JSON.stringify(body), /guards\.x\.runtime/u);
      }
    }
    assert.equal(existsSync(ran), false);
  });
  rmSync(folder, { recursive: true });
});

test('an issuer of tokens is trusted when the answer comes, and not once it is taken out', async () => {
  const key = await newKey('k');
  await scene(async ({ house, admin }) => {
    const issuer = 'https://idp.example';
    const value = { issuer, audience: AUDIENCE, tenant: 'acme', jwks: { keys: [key.jwk] } };
    const models = async (): Promise<number> => {
      const token = await tokenOf(issuer, key);
      return (await fetch(`${house.url}/v1/models`, { headers: bearer(token) })).status;
    };
    assert.equal(await models(), 401);
    const made = await admin.done('POST', 'config/issuers', { name: 'idp', value });
    assert.equal(await models(), 200);
    const twice = await admin.ask('POST', 'config/issuers', { name: 'later', value });
    assert.equal(twice.status, 422);
    assert.equal(twice.body['field'], 'issuers.later.issuer');
    const plain = { ...value, issuer: 'http://idp.example', jwks: undefined };
    const refused = await admin.ask('POST', 'config/issuers', { name: 'plain', value: plain });
    assert.match(JSON.stringify(refused.body), /issuers\.plain\.jwksUri.*use https/u);
    await admin.done('DELETE', 'config/issuers/idp', undefined, made.etag);
    assert.equal(await models(), 401);
  });
});

test('an issuer of end users is trusted when the answer comes, and not once it is taken out', async () => {
  const signing = await newKey('k');
  await scene(async ({ house, admin }) => {
    const issuer = 'https://app.example';
    const value = { issuer, audience: AUDIENCE, tenant: 'acme', jwks: { keys: [signing.jwk] } };
    const key = await house.key({ user: null });
    const say = async (): Promise<number> => {
      const endUser = await tokenOf(issuer, signing, { claims: { sub: 'ann' } });
      const headers = { ...bearer(key), 'x-llmproxy-end-user': endUser };
      return (await post(`${house.url}/v1/chat/completions`, chat('hello'), headers)).status;
    };
    const before = await say();
    assert.equal(before, 400, 'nobody signs for end users here');
    const made = await admin.done('POST', 'config/endUsers', { name: 'app', value });
    assert.equal(await say(), 200);
    const record = (await house.records()).findLast(({ kind }) => kind === 'complete');
    assert.equal(record?.user, 'ann');
    await admin.done('DELETE', 'config/endUsers/app', undefined, made.etag);
    assert.equal(await say(), 400);
  });
});

test('a server that is asked about tokens is taken with its secret sealed, and bound to its client and address', async () => {
  await scene(async ({ house, admin }) => {
    const clientSecret = drawnSecret();
    const endpoint = 'https://idp.example.com/introspect';
    const value = { endpoint, clientId: 'gate way/1', clientSecret, tenant: 'acme' };
    const path = 'config/introspection';
    const made = await admin.done('POST', path, { name: 'idp', value });
    const shown = made.body['value'] as Record<string, unknown>;
    assert.equal(shown['clientSecret'], '[secret]');
    const inForce = house.running.world.storage.settings;
    const record = await inForce.find('introspection/idp');
    assert.ok(sealedOf(record?.value['clientSecret']) !== null);
    const { clientSecret: _, ...without } = value;
    const edit = (changes: object) =>
      admin.ask('PATCH', `${path}/idp`, { value: { ...without, ...changes } }, made.etag);
    for (const changes of [
      { endpoint: 'https://elsewhere.example.com/introspect' },
      { clientId: 'another' },
    ]) {
      const told = await edit(changes);
      assert.equal(told.status, 422);
      assert.match(JSON.stringify(told.body), /clientSecret.*enter it again/u);
    }
    const wrong: readonly (readonly [object, RegExp])[] = [
      [{ clientSecret: '${env:HOME}' }, /no substitutions here/u],
      [{ clientSecret: 'changeme' }, /a default, an example or too short/u],
      [{ clientSecret: drawnSecret(), endpoint: 'http://10.0.0.1/x' }, /use https/u],
      [{ clientSecret: drawnSecret(), allowPrivateAddress: true }, /only the file can allow this/u],
      [{}, /introspection\.x\.clientSecret/u],
    ];
    for (const [changes, told] of wrong) {
      const body = { name: 'x', value: { ...without, ...changes } };
      const answer = await admin.ask('POST', path, body);
      assert.equal(answer.status, 422, JSON.stringify(answer.body));
      assert.match(JSON.stringify(answer.body), told);
    }
    const moved = await admin.done(
      'PATCH',
      `${path}/idp`,
      { value: { ...without, cache: '5s' } },
      made.etag,
    );
    assert.equal((moved.body['value'] as Record<string, unknown>)['clientSecret'], '[secret]');
    const places = { log: house.log(), records: JSON.stringify(await house.records()) };
    assertNowhere({ clientSecret }, { ...places, ...bytesOfFiles(house.dir) });
  });
});

test('what stays the file’s is refused by name, with what to do', async () => {
  await scene(async ({ admin }) => {
    for (const section of ['mtls', 'server', 'storage', 'tenants']) {
      for (const told of [
        await admin.ask('GET', `config/${section}`),
        await admin.ask('POST', `config/${section}`, { name: 'x', value: {} }),
      ]) {
        assert.equal(told.status, 409, section);
        assert.match(String(told.body['detail']), /configuration file owns this: edit it there/u);
      }
    }
    assert.equal((await admin.ask('GET', 'config/nothing')).status, 404);
  });
});

const BUCKET = { type: 's3', bucket: 'archive', region: 'eu-1', accessKeyId: 'AKEXAMPLE' };

test('a sink is in force when the answer comes, sends what is recorded, and what only files may say is refused', async () => {
  await scene(async ({ house, admin, say }) => {
    const token = drawnSecret();
    const value = { type: 'otlp', url: 'https://collector.example.com/v1/logs', token };
    const made = await admin.done('POST', 'config/sinks', { name: 'archive', value });
    assert.deepEqual(made.body['value'], { ...value, token: '[secret]' });
    const states = async () => (await admin.done('GET', 'audit/sinks')).body['items'];
    assert.match(JSON.stringify(await states()), /"name":"archive","type":"otlp"/u);
    assert.equal(await say(), 200);
    const moved = { value: { type: 'otlp', url: 'https://elsewhere.example.com/v1/logs' } };
    const kept = await admin.ask('PATCH', 'config/sinks/archive', moved, made.etag);
    assert.match(JSON.stringify(kept.body), /enter it again, because the address changed/u);
    const url = 'https://siem.example.com/in';
    const wrong: readonly (readonly [object, RegExp])[] = [
      [
        { type: 'file', path: '/etc/cron.d/x' },
        /sinks\.x\.type.*only the file can declare these.*under `audit\.sinks`/u,
      ],
      [{ type: 'file', path: '/etc/cron.d/x' }, /sinks\.x\.path.*only the file can name files/u],
      [
        { type: 'kafka', brokers: ['10.0.0.1:9092'], topic: 't', packages: '/tmp' },
        /sinks\.x\.type/u,
      ],
      [{ type: 'postgres', url: 'postgres://10.0.0.1/x' }, /sinks\.x\.type/u],
      [{ ...BUCKET, url, secretAccessKey: 'short' }, /sinks\.x\.secretAccessKey/u],
      [{ ...BUCKET, url }, /sinks\.x\.secretAccessKey/u],
      [
        { ...BUCKET, url, secretAccessKey: drawnSecret(), ca: '/etc/shadow' },
        /only the file can name files/u,
      ],
      [{ type: 'otlp', url, ca: '/etc/shadow' }, /sinks\.x\.ca.*only the file can name files/u],
      [
        { type: 'syslog', address: 'tls://siem.example.com:6514', cert: 'c', key: 'k' },
        /sinks\.x\.cert/u,
      ],
      [{ type: 'otlp', url: 'http://siem.example.com/in' }, /sinks\.x\.allowPrivateAddress/u],
      [{ type: 'otlp', url, allowPrivateAddress: true }, /only the file can allow this/u],
      [{ type: 'otlp', url, token: '${env:HOME}' }, /no substitutions here/u],
      [
        { type: 'elasticsearch', url, username: 'u', password: drawnSecret() },
        /no secret in the clear/u,
      ],
      [{ type: 'webhook', url, secret: 'whsec_short' }, /sinks\.x\.secret.*whsec_/u],
      [{ type: 'webhook', url }, /sinks\.x\.secret/u],
    ];
    for (const [said, told] of wrong) {
      const answer = await admin.ask('POST', 'config/sinks', { name: 'x', value: said });
      assert.equal(answer.status, 422, JSON.stringify(answer.body));
      assert.match(JSON.stringify(answer.body), told);
    }
    const secretAccessKey = drawnSecret();
    const bucket = { ...BUCKET, url: 'https://s3.example.com', secretAccessKey };
    const kept3 = await admin.done('POST', 'config/sinks', { name: 'bucket', value: bucket });
    assert.deepEqual(kept3.body['value'], { ...bucket, secretAccessKey: '[secret]' });
    assert.match(JSON.stringify(await states()), /"name":"bucket","type":"s3"/u);
    await admin.done('DELETE', 'config/sinks/bucket', undefined, kept3.etag);
    const places = { log: house.log(), records: JSON.stringify(await house.records()) };
    assertNowhere({ token, secretAccessKey }, places);
    await admin.done('DELETE', 'config/sinks/archive', undefined, made.etag);
    assert.deepEqual(await states(), []);
  });
});

test('several changes are made together or not at all; a diff says what and changes nothing', async () => {
  await scene(async ({ admin, say }) => {
    const value = { deployments: [{ provider: 'again' }] };
    const changes = [
      { section: 'models', name: 'second', value },
      { section: 'providers', name: 'again', value: { type: 'demo' } },
    ];
    const alone = await admin.ask('POST', 'config/apply', { changes: changes.slice(0, 1) });
    assert.equal(alone.status, 422);
    const told = await admin.done('POST', 'config/diff', { changes });
    const differences = told.body['differences'] as { path: string; kind: string }[];
    assert.deepEqual(
      differences.map(({ path, kind }) => `${kind} ${path}`),
      ['added providers.again', 'added models.second'],
    );
    assert.equal(await say('second'), 404);
    await admin.done('POST', 'config/apply', { changes });
    assert.equal(await say('second'), 200);
    // The provider is still named: both go, or neither.
    const gone = { section: 'providers', name: 'again', value: null, version: 1 };
    assert.equal((await admin.ask('POST', 'config/apply', { changes: [gone] })).status, 422);
    const both = [gone, { section: 'models', name: 'second', value: null, version: 1 }];
    await admin.done('POST', 'config/apply', { changes: both });
    assert.equal(await say('second'), 404);
    assert.equal((await admin.ask('POST', 'config/apply', { changes: both })).status, 404);
  });
});

test('a file that declares what the store has is refused, and so is one that takes away what it needs', async () => {
  await scene(async ({ house, admin, say }) => {
    await admin.done('POST', 'config/models', { name: 'second', value: ALIAS });
    const both = YAML.replace(
      'models:\n',
      'models:\n  second: { deployments: [{ provider: demo }] }\n',
    );
    const refused = await house.apply(both);
    assert.equal(refused.applied, false);
    assert.match(
      refused.problems.join(),
      /models\.second: the file and the store both declare this/u,
    );
    const without = YAML.replaceAll('demo:', 'other:').replace('provider: demo', 'provider: other');
    assert.match((await house.apply(without)).problems.join(), /models\.second\.deployments/u);
    assert.equal(await say('second'), 200);
    const limits = `${YAML}limits: [{ name: wide, per: [key], requests: 500/1m }]\n`;
    assert.deepEqual((await house.apply(limits)).problems, []);
    assert.equal(await say('second'), 200, 'what the store adds stays beside a new file');
  });
});

test('the store is kept over a restart, and a change by another process is in force within a second', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-settings-'));
  try {
    let house = await openHouse(YAML, {}, dir);
    const key = await house.key();
    const ask = async (model: string): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, { ...chat('x'), model }, bearer(key))).status;
    const admin = await openAdmin(house);
    await admin.done('POST', 'config/models', { name: 'second', value: ALIAS });
    await house.running.stop();
    house = await openHouse(YAML, {}, dir);
    assert.equal(await ask('second'), 200);
    const { storage } = house.running.world;
    const entry = {
      id: 'elsewhere',
      at: 1,
      actor: 'cli:x',
      action: 'config.create',
      resource: 'config/models/third',
      tenant: null,
      diff: null,
    };
    await storage.change(entry, (tx) =>
      tx.settings.insert({
        id: 'models/third',
        section: 'models',
        name: 'third',
        value: ALIAS,
        createdMs: 1,
        version: 1,
      }),
    );
    const startMs = performance.now();
    while ((await ask('third')) !== 200) assert.ok(performance.now() - startMs < 1_000);
    await house.running.stop();
    const both = YAML.replace(
      'models:\n',
      'models:\n  second: { deployments: [{ provider: demo }] }\n',
    );
    await assert.rejects(openHouse(both, {}, dir), /the file and the store both declare this/u);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});

test('a key for one write outlives the process: nothing is made twice, and the caller is told', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-once-'));
  try {
    let house = await openHouse(YAML, {}, dir);
    const { token } = await openAdmin(house);
    const create = async (): Promise<Response> =>
      await fetch(`${house.adminUrl}/admin/v1/teams`, {
        method: 'POST',
        headers: { ...bearer(token), 'content-type': 'application/json', 'idempotency-key': 'k1' },
        body: JSON.stringify({ id: 'core', tenant: 'acme' }),
      });
    assert.equal((await create()).status, 201);
    assert.equal((await create()).status, 201);
    await house.running.stop();
    house = await openHouse(YAML, {}, dir);
    const again = await create();
    assert.equal(again.status, 409);
    assert.match(await again.text(), /done-before/u);
    await house.running.stop();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
