import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import * as fc from 'fast-check';

import { diffConfigs, formatDifferences } from './diff.ts';
import { formatIssues } from './issue.ts';
import { checkConfig, loadConfig, type LoadedConfig } from './load.ts';
import { plainTree, printConfig } from './print.ts';
import { cpuMs, paced } from '../../tests/support/pace.ts';

const dir = fs.mkdtempSync(join(os.tmpdir(), 'llmproxy-config-'));
after(() => fs.rmSync(dir, { recursive: true }));
const FILE = join(dir, 'llmproxy.yaml');

const KEY = ['sk', 'made', 'up', 'Zq81Lm52'].join('-');
const check = (text: string, env: Record<string, string> = {}) => checkConfig(text, FILE, env);

async function valid(text: string, env: Record<string, string> = {}): Promise<LoadedConfig> {
  const loaded = await check(text, env);
  assert.ok(loaded.ok, loaded.ok ? '' : formatIssues(loaded.problems));
  return loaded;
}

/** `line:column path` of each issue, and what it says. */
async function issues(text: string, env: Record<string, string> = {}): Promise<string[]> {
  const loaded = await check(text, env);
  assert.ok(!loaded.ok, 'the file is refused');
  return loaded.problems.map(
    ({ line, column, path, message, hint }) =>
      `${line}:${column} ${path}: ${message}${hint === '' ? '' : ` | ${hint}`}`,
  );
}

const g = 'guards: []\n';

/** Each bad file, and every issue of it. */
const BAD: Readonly<Record<string, readonly [string, readonly string[]]>> = {
  'a file without guards': [
    'version: 1\n',
    [
      '1:1 guards: say which guards read the content: a gateway without them is a decision, not a default | write `guards: []` for none, or `guards: [{ name: secrets, type: secrets, action: redact }]`',
    ],
  ],
  'an unknown key at the top': [
    `${g}provider: {}\n`,
    ['2:1 provider: there is no such key | did you mean `providers`?'],
  ],
  'an unknown key inside': [
    `${g}server: { lisen: ':0' }\n`,
    ['2:11 server.lisen: there is no such key | did you mean `listen`?'],
  ],
  'an unknown key of a guard': [
    'guards:\n  - { name: s, type: secrets, alow: [] }\n',
    ['2:31 guards[0].alow: there is no such key | did you mean `allow`?'],
  ],
  'an unknown key of a provider': [
    `${g}providers:\n  a: { type: openai, baseURL: "https://a.example" }\n`,
    ['3:22 providers.a.baseURL: there is no such key | did you mean `baseUrl`?'],
  ],
  'a duplicate key': [`${g}version: 1\nversion: 1\n`, ['3:1 version: this key is written twice']],
  'a provider that is not declared': [
    `${g}providers: { openai: { type: demo } }\nmodels:\n  m: { deployments: [{ provider: opnai }] }\n`,
    [
      '4:34 models.m.deployments[0].provider: there is no such provider under `providers` | did you mean `openai`?',
    ],
  ],
  'weights that are all zero': [
    `${g}providers: { d: { type: demo } }\nmodels: { m: { deployments: [{ provider: d, weight: 0 }] } }\n`,
    ['3:29 models.m.deployments: give at least one deployment a weight above 0'],
  ],
  'a kind of state that does not exist': [
    `${g}providers: { d: { type: demo } }\nmodels: { m: { deployments: [{ provider: d }], allowState: [stores] } }\n`,
    [
      '3:61 models.m.allowState[0]: write previous-response, conversation, store, background, stored-prompt, file, container, vector-store, hosted-tools, remote-mcp or audio | did you mean `store`?',
    ],
  ],
  'a stored prompt without its id': [
    `${g}providers: { d: { type: demo } }\nmodels: { m: { deployments: [{ provider: d }], allowState: [stored-prompt] } }\n`,
    [
      '3:14 models.m.stateIds: list the ids of the stored prompts and vector stores that may be used',
    ],
  ],
  'an id with a space': [
    `${g}providers: { d: { type: demo } }\nmodels: { m: { deployments: [{ provider: d }], stateIds: ["a b"] } }\n`,
    ['3:59 models.m.stateIds[0]: use an id as the provider gave it, without spaces'],
  ],
  'a role that does not exist': [
    `${g}tenants:\n  - id: acme\n    bindings: [{ role: develper, users: ["*"] }]\n`,
    ['4:24 tenants[0].bindings[0].role: there is no such role | did you mean `developer`?'],
  ],
  'a binding of nobody': [
    `${g}tenants: [{ id: acme, bindings: [{ role: developer }] }]\n`,
    [
      '2:34 tenants[0].bindings[0]: name at least one of users, serviceAccounts, teams, keys or claims; ["*"] is every user, service account, team or key',
    ],
  ],
  'one tenant twice': [
    `${g}tenants: [{ id: acme }, { id: acme }]\n`,
    ['2:31 tenants[1].id: this id is taken | it is the id of tenants[0]'],
  ],
  'an id that is no id': [
    `${g}tenants: [{ id: Acme Inc }]\n`,
    [
      '2:17 tenants[0].id: use lower-case letters, digits and hyphens, at most 63, not a hyphen first',
    ],
  ],
  'a limit without an amount': [
    `${g}limits: [{ name: a }]\n`,
    [
      '2:10 limits[0].requests: write requests, tokens, usd, bytes or concurrency, such as requests: 60/1m',
    ],
  ],
  'a limit that is no quota': [
    `${g}limits: [{ name: a, requests: 60 }]\n`,
    ['2:31 limits[0].requests: write an amount and a window, such as 60/1m'],
  ],
  'two limits of one name': [
    `${g}limits: [{ name: a, requests: 1/1m }, { name: a, tokens: 1/1m }]\n`,
    ['2:47 limits[1].name: this name is taken | it is the name of limits[0]'],
  ],
  'a duration that is none': [
    'guards: [{ name: s, type: secrets, timeout: 500 }]\n',
    ['1:45 guards[0].timeout: write a duration such as 500ms, 10s, 5m, 1h or 90d'],
  ],
  'a pattern that RE2 does not take': [
    'guards: [{ name: t, type: topics, rules: [{ pattern: "(a" }] }]\n',
    [
      '1:54 guards[0].rules[0].pattern: error parsing regexp: missing closing ): `(?i)(a`. RE2 has no look-around and no back-references',
    ],
  ],
  'plain http to a public host': [
    `${g}providers: { a: { type: openai, baseUrl: "http://a.example" } }\n`,
    ['2:42 providers.a.baseUrl: must be https, unless `allowPrivateAddress: true` is set'],
  ],
  'a proxy that is no address': [
    `${g}server: { trustedProxies: [10.0.0.0/33] }\n`,
    ['2:28 server.trustedProxies[0]: write an IP address or a CIDR range such as 10.0.0.0/8'],
  ],
  'an unset variable': [
    `${g}providers: { a: { type: openai, apiKey: \${env:NOT_SET_HERE} } }\n`,
    [
      '2:41 providers.a.apiKey: the environment variable NOT_SET_HERE is not set | set NOT_SET_HERE where the gateway starts, or use ${file:PATH}',
    ],
  ],
  'another substitution': [
    `${g}dataDir: \${HOME}/x\n`,
    [
      '2:10 dataDir: this is not a substitution that exists | write ${env:NAME} or ${file:PATH}; there is no other, and no default inside it',
    ],
  ],
  'a substitution as a key': [
    `${g}providers: { "\${env:A}": { type: demo } }\n`,
    ['2:14 providers["${env:A}"]: substitutions are for values, not for keys'],
  ],
  'a tag': [`${g}version: !custom 1\n`, ['2:10 : tags (`!…`) are not allowed']],
  'two documents': [
    `${g}---\nversion: 1\n`,
    ['2:1 : one file is one document: remove the second `---`'],
  ],
  'certificates of clients that nobody can check': [
    `${g}server: { tls: { cert: a.pem, key: b.pem, clientAuth: required } }\n`,
    [
      '2:16 server.tls.clientCa: clientAuth needs clientCa: without it no client certificate can be checked',
    ],
  ],
  'a certificate that is not there': [
    `${g}admin: { tls: { cert: nowhere.pem, key: nowhere.pem } }\n`,
    [
      '2:23 admin.tls.cert: the file cannot be read | check that it exists and that this user may read it',
      '2:41 admin.tls.key: the file cannot be read | check that it exists and that this user may read it',
    ],
  ],
  'tokens of an issuer': [
    `${g}auth: { jwt: [{ issuer: http://x, algorithms: [HS256] }] }\n`,
    [
      '2:15 auth.jwt[0].audience: name the audience of its tokens, or a list of audiences',
      '2:48 auth.jwt[0].algorithms[0]: write RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, ES512, EdDSA or Ed25519 | did you mean `RS256`?',
    ],
  ],
  'issuers that could be anybody': [
    `${g}auth: { jwt: [{ issuer: http://x, audience: a, claims: { tenant: org } }, { issuer: https://y, audience: a }, { issuer: https://y, audience: a, tenant: acme }] }\n`,
    [
      '2:15 auth.jwt[0].jwksUri: use https; plain http only with `allowPrivateAddress: true`',
      '2:15 auth.jwt[0].tenants: say which tenants the claim may name; ["*"] for any',
      '2:75 auth.jwt[1].tenant: say whose callers these are: `tenant`, or `claims.tenant` with `tenants`',
      '2:121 auth.jwt[2].issuer: this issuer stands above already',
    ],
  ],
  'servers that are asked about tokens': [
    `${g}auth: { introspection: [{ endpoint: http://x, clientId: a, clientSecret: short, tenant: acme }] }\n`,
    [
      '2:37 auth.introspection[0].endpoint: use https; plain http only with `allowPrivateAddress: true`',
      '2:74 auth.introspection[0].clientSecret: write at least 8 characters',
    ],
  ],
  'a condition': [
    `${g}tenants: [{ id: a, roles: { r: { allow: [{ actions: [chat], models: ["*"], when: "call.max <= 4" }], deny: [{ actions: [chat], models: ["*"], when: "call.model == 1", tools: [] }] } } }, { id: b, timeZone: Mars/Base }]\n`,
    [
      '2:82 tenants[0].roles.r.allow[0].when: at character 6: there is no such field | there are call.action, call.model, call.dialect, call.isStreamed, call.maxOutputTokens, call.choices, call.tools, call.endUser',
      '2:149 tenants[0].roles.r.deny[0].when: at character 1: these values cannot be compared or combined',
      '2:175 tenants[0].roles.r.deny[0].tools: write at least 1 entry',
      '2:207 tenants[1].timeZone: write a time zone such as Europe/Berlin, or UTC',
    ],
  ],
  'a leaky bucket of tokens': [
    `${g}limits: [{ name: a, tokens: 1/1s, algorithm: leaky-bucket }]\n`,
    ['2:46 limits[0].algorithm: leaky-bucket paces requests, and nothing else'],
  ],
  'a leaky bucket by provider, and a limit on a provider that is not there': [
    `${g}limits: [{ name: a, requests: 1/1s, algorithm: leaky-bucket, per: [provider] }, { name: b, requests: 1/1s, providers: [dem] }]\n`,
    [
      '2:48 limits[0].algorithm: a call waits its turn before a provider is chosen: use another algorithm',
      '2:120 limits[1].providers[0]: there is no such provider under `providers` | none is declared',
    ],
  ],
  'a queue without a leaky bucket, and a burst without a token bucket': [
    `${g}limits: [{ name: a, requests: 1/1s, queue: 3 }, { name: b, requests: 1/1s, algorithm: sliding-window, burst: 2 }]\n`,
    [
      '2:44 limits[0].queue: only a leaky-bucket has calls wait',
      '2:110 limits[1].burst: only a token-bucket has a burst',
    ],
  ],
  'a dimension that is not one': [
    `${g}limits: [{ name: a, requests: 1/1s, per: [modle, "cel: call.nothing"] }]\n`,
    [
      '2:43 limits[0].per[0]: count by tenant, team, user, key, service-account, end-user, ip, model, provider, route, tool, role, session, run, or by an expression: "cel: call.endUser"; did you mean model?',
      '2:50 limits[0].per[1]: at character 6: there is no such field',
    ],
  ],
  'a budget without money, of a period that is none, in no time zone': [
    `${g}budgets: [{ name: b, usd: 0, period: moon, timeZone: Mars/Olympus }]\n`,
    [
      '2:27 budgets[0].usd: write dollars, more than 0 and at most 4000000',
      '2:38 budgets[0].period: write hour, day, week, month, quarter or year, or { days: 14, from: 2026-01-05 }',
      '2:54 budgets[0].timeZone: write a time zone, such as UTC or Europe/Zurich',
    ],
  ],
  'a budget with the name of a limit': [
    `${g}limits: [{ name: a, requests: 1/1s }]\nbudgets: [{ name: a, usd: 1 }]\n`,
    ['3:19 budgets[0].name: this name is taken | it is the name of limits[0]'],
  ],
  'a guard of later': ['guards: [{ name: p, type: no-such-guard }]\n', ['1:27 guards[0].type']],
  'a guard of a tenant with a name that is taken': [
    `guards: [{ name: s, type: secrets }]\ntenants: [{ id: a, guards: [{ name: s, type: secrets }] }]\n`,
    ['2:37 tenants[0].guards[0].name: this name is taken | it is the name of guards[0]'],
  ],
  'a weak key of a guard': [
    `guards: [{ name: j, type: external, adapter: lakera, url: "https://l.example", apiKey: changeme }]\n`,
    ['1:88 guards[0].apiKey: this is a default'],
  ],
  'an action that nobody knows': [
    'guards: [{ name: p, type: secrets, action: forget }]\n',
    ['1:44 guards[0].action: use alert, redact, pseudonymise, block'],
  ],
  'a shared store, counters, content, sinks, otlp, workers': [
    `${g}storage: { type: postgres }\ncounters: { type: elsewhere }\naudit: { content: full, onFailure: allow, sinks: [{}] }\ntelemetry: { otlp: {} }\nserver: { workers: many }\n`,
    [
      '2:10 storage.url: this key is missing',
      '3:19 counters.type: `type` is one of valkey, postgres',
      '4:36 audit.onFailure: write deny, deny-after or allow-with-gap',
      '4:51 audit.sinks[0].type: `type` is one of file, syslog, splunk, elasticsearch, otlp, webhook, postgres, s3, kafka',
      '5:20 telemetry.otlp.endpoint: write an https URL',
      '6:20 server.workers: write a number from 1 to 64, or auto',
    ],
  ],
};

describe('a bad file', () => {
  for (const [name, [text, expected]] of Object.entries(BAD)) {
    test(`${name}: refused with its line, its reason and what to write`, async () => {
      const found = await issues(text);
      const isWhole =
        found.length === expected.length &&
        expected.every((line, at) => found[at]?.startsWith(line));
      assert.ok(isWhole, `found:\n${found.join('\n')}\nexpected:\n${expected.join('\n')}`);
    });
  }

  for (const weak of [
    'sk-1234',
    'changeme',
    'password',
    '""',
    'aaaaaaaaaaaaaaaa',
    'short',
    'your-api-key-here',
    'sk-xxxxxxxx',
  ]) {
    test(`a weak secret (${weak}) keeps the gateway from starting, written or substituted`, async () => {
      const message = 'this is a default, an example or too short to be a secret';
      const [written] = await issues(`${g}providers: { a: { type: openai, apiKey: ${weak} } }\n`);
      assert.ok(written?.startsWith(`2:41 providers.a.apiKey: ${message}`), written);
      const [substituted] = await issues(
        `${g}providers: { a: { type: openai, apiKey: "\${env:K}" } }\n`,
        {
          K: weak.replaceAll('"', ''),
        },
      );
      assert.ok(substituted?.includes(message), substituted);
    });
  }

  test('problems of all sections are told at once, in the order of the file', async () => {
    const found = await issues(
      'server: { workers: 65 }\nmodels: { m: { deployments: [{ provider: x }] } }\nzz: 1\nlimits: [{ name: a }]\n',
    );
    assert.deepEqual(
      found.map((line) => line.split(' ')[1]),
      [
        'guards:',
        'server.workers:',
        'models.m.deployments[0].provider:',
        'zz:',
        'limits[0].requests:',
      ],
    );
  });
});

describe('bounds', () => {
  test('a file of 200,000 brackets is refused in time, and not by a crash', async () => {
    const [first] = await issues(`guards: ${'['.repeat(200_000)}`);
    assert.match(first ?? '', /too deep/u);
  });

  test('aliases count as what they stand for', async () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let level = 1; level < 12; level += 1) {
      text += `a${level}: &a${level} [${Array.from({ length: 10 }, () => `*a${level - 1}`).join(', ')}]\n`;
    }
    const found = await issues(text);
    assert.ok(found.some((line) => line.includes('the file is too large, aliases counted')));
  });

  test('an alias inside its own anchor ends', async () => {
    const found = await issues('guards: &g [*g]\n');
    assert.ok(
      found.some((line) => line.includes('too deep')),
      found.join('\n'),
    );
  });

  test('a file of more than 1 MiB is not read', async () => {
    fs.writeFileSync(FILE, `# ${'x'.repeat(1_048_576)}\n${g}`);
    const loaded = await loadConfig(FILE, {});
    assert.ok(!loaded.ok);
    assert.equal(loaded.problems[0]?.message, 'the file is larger than 1 MiB');
  });

  test('20,000 keys of one map are read in less than 5 s of CPU', async () => {
    const limitMs = paced(5_000);
    const startMs = cpuMs();
    const keys = Array.from(
      { length: 20_000 },
      (_, at) => `  m${at}: { deployments: [{ provider: d }] }\n`,
    );
    const loaded = await check(`${g}providers: { d: { type: demo } }\nmodels:\n${keys.join('')}`);
    assert.ok(cpuMs() - startMs < limitMs, `${cpuMs() - startMs} ms`);
    assert.ok(loaded.ok);
  });
});

describe('defaults', () => {
  test('every default of an empty configuration', async () => {
    const { config } = await valid(g);
    assert.deepEqual(plainTree(config), {
      version: 1,
      dataDir: join(dir, 'llmproxy-data'),
      server: {
        listen: '127.0.0.1:8080',
        trustedProxies: [],
        hosts: [],
        bodyBytesMax: 4_194_304,
        bodyBytesPerSecondMin: 512,
        tls: null,
        inFlightMax: 1_024,
        connectionsMax: 4_096,
        tarpit: { after: '100/1s', hold: '1s' },
        drainDelay: '0s',
        drainLimit: '30s',
        overload: {
          concurrency: { adaptive: true, min: 4, max: 1_024 },
          queue: { waitersMax: 256, waitMax: '1s', target: '100ms' },
          loopLagMax: '500ms',
        },
        workers: 1,
        workerLeases: false,
        workerHeapBytesMax: 1_073_741_824,
      },
      admin: {
        listen: '127.0.0.1:8081',
        requests: { unproven: '6000/1m', perCaller: '30000/1m' },
        tls: null,
        trustedProxies: [],
        sessions: { idle: '30m', absolute: '12h' },
        accounts: { enabled: true, secondFactor: 'optional' },
        secondPerson: false,
      },
      storage: { type: 'sqlite' },
      custody: { root: { type: 'file' }, older: [] },
      ledger: { type: 'storage' },
      providers: {},
      models: {},
      auth: {
        apiKeys: { enabled: true },
        failuresPerAddress: '60/1m',
        endUsers: [],
        failuresPerKey: '20/1m',
        jwt: [],
        introspection: [],
        mtls: [],
      },
      tenants: [],
      limits: [],
      budgets: [],
      metering: { receivers: [] },
      guards: [],
      alerts: [],
      alertRules: { receivers: [], repeat: '4h', every: '10s', rules: [] },
      audit: {
        profiles: [],
        onFailure: 'deny',
        denyAfter: '5m',
        content: 'none',
        reveal: { secondPerson: false },
        retention: { metadata: '400d', content: '30d', unanchored: false },
        checkpoint: { every: '30s' },
        anchors: [],
        sinks: [],
        spoolBytesMax: 8_589_934_592,
      },
      telemetry: { prometheus: true, otlp: null },
    });
  });

  test('every default of an entry', async () => {
    const { config } = await valid(`
providers: { o: { type: openai } }
models: { m: { deployments: [{ provider: o }] } }
tenants: [{ id: a }]
limits: [{ name: l, requests: 60/1m }]
guards: [{ name: s, type: secrets }]
`);
    const tree = plainTree(config);
    assert.deepEqual(tree['providers'], {
      o: {
        type: 'openai',
        baseUrl: 'https://api.openai.com/v1',
        allowPrivateAddress: false,
        timeouts: {
          connect: '5s',
          firstByte: '60s',
          interEvent: '60s',
          total: '15m',
          bytesPerSecondMin: 64,
        },
        ownSecrets: 'allowed',
        propagateTrace: true,
        connectionsMax: 256,
      },
    });
    assert.deepEqual(tree['models'], {
      m: {
        deployments: [{ provider: 'o', weight: 1 }],
        allowUnscanned: [],
        allowState: [],
        stateIds: [],
      },
    });
    assert.deepEqual(tree['tenants'], [
      {
        id: 'a',
        roles: {},
        timeZone: 'UTC',
        keys: {},
        scim: { groupRoles: {} },
        weight: 1,
        class: 'interactive',
        boundTokens: false,
        propagateTrace: true,
        reveal: { secondPerson: false },
        bindings: [],
        guards: [],
      },
    ]);
    assert.deepEqual(tree['limits'], [
      { name: 'l', per: ['tenant'], algorithm: 'token-bucket', requests: '60/1m' },
    ]);
    assert.equal(config.limits[0]?.requests?.windowMs, 60_000);
    assert.equal(config.limits[0]?.requests?.amount, 60);
    assert.deepEqual(tree['guards'], [
      {
        allow: [],
        type: 'secrets',
        name: 's',
        on: ['request', 'reply'],
        mode: 'enforce',
        action: 'block',
        timeout: '500ms',
        onFault: 'deny',
        onDemand: false,
        restoreTools: [],
      },
    ]);
    assert.equal(config.guards[0]?.timeout.ms, 500);
  });
});

/** The example of the design, as far as this version goes. */
const GOLDEN = `
# yaml-language-server: $schema=./llmproxy.schema.json
version: 1
dataDir: ./data
server: { listen: 127.0.0.1:8080, trustedProxies: [], workers: 1, hosts: [], bodyBytesMax: 4194304,
          tls: null }
admin:  { listen: 127.0.0.1:8081 }
storage: { type: sqlite }
providers:
  openai:    { type: openai, apiKey: \${env:OPENAI_API_KEY} }
  anthropic: { type: anthropic, apiKey: \${file:secret.txt} }
  local:     { type: openai, baseUrl: http://127.0.0.1:11434/v1, allowPrivateAddress: true }
  demo:      { type: demo }
models:
  gpt-4o-mini: { deployments: [{ provider: openai }] }
  fast:
    deployments:
      - { provider: openai, model: gpt-4o-mini, weight: 3 }
      - { provider: anthropic, model: claude-haiku-4-5, weight: 1 }
    price: { inputPerMTok: 0.15, outputPerMTok: 0.60 }
auth:
  apiKeys: { enabled: true }
  introspection: []
tenants:
  - id: acme
    roles: { analyst: { allow: [{ actions: [chat, embeddings], models: ["gpt-4o*", fast] }] } }
    bindings: [{ role: analyst, users: ["*"] }]
limits:
  - { name: per-key,     per: [key],    algorithm: token-bucket, requests: 60/1m, burst: 20 }
  - { name: user-tokens, per: [user, model], tokens: 100000/1m }
guards:
  - { name: secrets,   type: secrets, on: [request, reply], mode: enforce, action: redact }
  - { name: house,     type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }
audit:
  onFailure: deny
  content: none
  retention: { metadata: 400d, content: 30d }
telemetry: { prometheus: true, otlp: null }
`;

describe('a good file', () => {
  test('the example of the manual loads; secrets are where they belong and nowhere in print', async () => {
    const fromFile = ['sk', 'ant', 'Hx72Kq90'].join('-');
    fs.writeFileSync(join(dir, 'secret.txt'), `${fromFile}\n`);
    const { config, secretsAt } = await valid(GOLDEN, { OPENAI_API_KEY: KEY });
    const { openai, anthropic } = config.providers;
    assert.equal(openai?.type === 'openai' ? openai.apiKey : null, KEY);
    assert.equal(anthropic?.type === 'anthropic' ? anthropic.apiKey : null, fromFile);
    assert.deepEqual([...secretsAt], ['providers.openai.apiKey', 'providers.anthropic.apiKey']);
    const printed = printConfig(config, secretsAt, true);
    assert.ok(!printed.includes(KEY) && !printed.includes(fromFile));
    assert.equal(printed.match(/apiKey: "\[secret\]"/gu)?.length, 2);
  });

  test('what is printed is a configuration with the same meaning', async () => {
    fs.writeFileSync(join(dir, 'secret.txt'), KEY);
    const first = await valid(GOLDEN, { OPENAI_API_KEY: KEY });
    const again = await valid(printConfig(first.config, first.secretsAt, false));
    assert.deepEqual(diffConfigs(first, again), []);
  });

  test('a written key is redacted too', async () => {
    const { config, secretsAt } = await valid(
      `${g}providers: { a: { type: openai, apiKey: ${KEY} } }\n`,
    );
    assert.ok(!printConfig(config, secretsAt, true).includes(KEY));
  });

  test('a substitution works inside braces, in quotes and inside a longer text', async () => {
    const env = { HOST: 'h.example', PORT: '8443', KEY };
    const text = `${g}providers: { a: { type: openai, apiKey: \${env:KEY}, baseUrl: "https://\${env:HOST}:\${env:PORT}/v1" } }\n`;
    const { config } = await valid(text, env);
    const { a } = config.providers;
    assert.equal(a?.type === 'openai' ? a.baseUrl : null, 'https://h.example:8443/v1');
  });

  test('what is substituted cannot become structure', async () => {
    const { config } = await valid(`${g}tenants: [{ id: a, name: "\${env:X}" }]\n`, {
      X: '" }]\nguards: [',
    });
    assert.equal(config.tenants[0]?.name, '" }]\nguards: [');
  });

  test('tools that call no provider do without its key; a gateway does not', async () => {
    const text = `${g}providers: { a: { type: openai, apiKey: \${env:NOT_SET_HERE} } }\n`;
    assert.ok((await checkConfig(text, FILE, {}, { needsProviderKeys: false })).ok);
    assert.ok(!(await checkConfig(text, FILE, {})).ok);
  });

  test('the hash is of the policy: a comment and a secret leave it, a limit changes it', async () => {
    const text = `${g}providers: { a: { type: openai, apiKey: "\${env:K}" } }\n`;
    const first = await valid(text, { K: KEY });
    assert.equal((await valid(`# more\n${text}`, { K: `${KEY}2` })).hash, first.hash);
    assert.notEqual(
      (await valid(`${text}limits: [{ name: a, requests: 1/1s }]\n`, { K: KEY })).hash,
      first.hash,
    );
  });
});

/** Where a secret may be put in by mistake, and is then wrong. */
const WRONG_PLACES = [
  'server: { listen: "${env:S}" }',
  'server: { trustedProxies: ["${env:S}"] }',
  'server: { bodyBytesMax: "${env:S}", drainLimit: "${env:S}" }',
  'providers: { a: { type: "${env:S}" } }',
  'providers: { a: { type: openai, apiKey: "${env:S}", baseUrl: "http://${env:S}" } }',
  'models: { m: { deployments: [{ provider: "${env:S}", weight: "${env:S}" }] } }',
  'tenants: [{ id: "${env:S}", bindings: [{ role: "${env:S}", users: ["*"] }] }]',
  'limits: [{ name: "${env:S}", requests: "${env:S}", per: ["${env:S}"] }, { name: "${env:S}", tokens: 1/1m }]',
  'guards: [{ name: "${env:S}", type: topics, rules: [{ pattern: "(${env:S}" }], models: ["${env:S}"] }]',
  'guards: [{ name: a, type: "${env:S}", action: "${env:S}" }]',
  'budgets: ["${env:S}"]\nstorage: "${env:S}"\naudit: { content: "${env:S}" }',
  'guards: [{ name: a, type: topics, rules: [{ pattern: "(${env:S}" }] }]',
  'a: *${env:S}',
  'dataDir: "x${env:S}',
] as const;

test('no secret ever stands in an issue, in a print or in a difference', async () => {
  const secrets = fc
    .string({ minLength: 10, maxLength: 60, unit: 'binary-ascii' })
    .map((text) => `Q7${text}x9Z`);
  await fc.assert(
    fc.asyncProperty(secrets, fc.constantFrom(...WRONG_PLACES), async (S, place) => {
      const loaded = await checkConfig(place, FILE, { S });
      if (!loaded.ok) assert.ok(!formatIssues(loaded.problems).includes(S), place);
      const good = `${g}providers: { a: { type: openai, apiKey: "\${env:S}" } }\ntenants: [{ id: t, name: "x\${env:S}" }]\n`;
      const before = await checkConfig(good, FILE, { S });
      const later = await checkConfig(good, FILE, { S: `${S}2` });
      assert.ok(before.ok && later.ok);
      const { config, secretsAt } = before;
      assert.ok(!printConfig(config, secretsAt, true).includes(S));
      const differences = diffConfigs(before, later);
      assert.equal(differences.length, 2);
      assert.ok(!formatDifferences(differences).includes(JSON.stringify(S).slice(1, -1)));
    }),
    { numRuns: 150 },
  );
});

test('a file that is not there is told of with what to do about it', async () => {
  const loaded = await loadConfig('/nowhere/llmproxy.yaml', {});
  assert.ok(!loaded.ok);
  const text = formatIssues(loaded.problems);
  assert.match(text, /^\/nowhere\/llmproxy\.yaml:1:1: there is no such file\n {4}`llmproxy init`/u);
});
