/** RBAC-04: what callers choose cannot make a condition grant, crash or take long; a denial wins. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Answer, bearer, get, type House, openHouse, post, TENANT } from '../support/house.ts';
import { AUDIENCE, newKey, openIssuer, tokenOf } from '../support/issuer.ts';
import { agentDialects, agentYaml } from '../support/tool-answers.ts';
import { openUpstream, UPSTREAM_ENV } from '../support/upstream.ts';

const roleYaml = (rules: string, more = ''): string => `
guards: []
tenants:
  - id: ${TENANT}
    roles: { clerk: { ${rules} } }
    bindings: [{ role: clerk, users: ["*"], keys: ["*"] }]
${more}`;

const SMALL = `allow: [{ actions: ["*"], models: ["*"], when: "call.maxOutputTokens <= 100" }], deny: [{ actions: [chat], models: ["*"], tools: ["delete*"] }]`;

/** The names that dialects have for the number of tokens. */
const TOKENS: Readonly<Record<string, readonly string[]>> = {
  'openai-chat': ['max_tokens', 'max_completion_tokens'],
  'openai-responses': ['max_output_tokens'],
  'anthropic-messages': ['max_tokens'],
};

test('RBAC-04: conditions and denials hold in every dialect, whole and streamed', async (t) => {
  const upstream = await openUpstream();
  const house = await openHouse(`${agentYaml(upstream.url)}${roleYaml(SMALL)}`, UPSTREAM_ENV);
  const headers = { ...bearer(await house.key()), 'anthropic-version': '2023-06-01' };
  try {
    assert.equal(agentDialects.length, 3);
    for (const dialect of agentDialects) {
      const names = TOKENS[dialect.name] ?? [];
      assert.ok(names.length > 0, dialect.name);
      for (const isStreamed of [false, true]) {
        await t.test(`${dialect.name} ${isStreamed ? 'streamed' : 'whole'}`, async () => {
          const ask = async (tools: readonly string[], name: string, more: object) => {
            upstream.script = dialect.answer({ name, arguments: {} }, 3);
            const plain = dialect.request({ user: 'Hi.', tools }, isStreamed);
            const body = Object.fromEntries(
              Object.entries(plain).filter(([key]) => !key.startsWith('max_')),
            );
            return await post(`${house.url}${dialect.path}`, { ...body, ...more }, headers);
          };
          const before = upstream.seen.length;
          for (const name of names) {
            assert.equal((await ask(['read'], 'read', { [name]: 101 })).status, 403);
          }
          // Missing, the value grants nothing; where the dialect needs it, it is asked for first.
          const missing = await ask(['read'], 'read', {});
          assert.ok([400, 403].includes(missing.status), missing.text);
          const both = Object.fromEntries(
            names.map((name, index) => [name, index === 0 ? 1_000_000 : 1]),
          );
          assert.equal((await ask(['read'], 'read', both)).status, 403, 'the larger one counts');
          for (const wrong of ['1', 0.5, -1, true, [1], { valueOf: 1 }, 1e300]) {
            const [name = ''] = names;
            const refused = await ask(['read'], 'read', { [name]: wrong });
            assert.ok([400, 403].includes(refused.status), JSON.stringify(wrong));
          }
          const [name = ''] = names;
          assert.equal((await ask(['delete_all'], 'read', { [name]: 1 })).status, 403);
          assert.equal(upstream.seen.length, before, 'nothing was sent');

          const allowed = await ask(['read'], 'read', { [name]: 100 });
          assert.equal(allowed.status, 200, allowed.text);
          assert.equal(dialect.read(allowed.text).length, 1);
          const called = await ask(['read'], 'delete_all', { [name]: 100 });
          assert.ok(!called.text.includes('delete_all'), called.text);
          assert.ok(isStreamed ? dialect.read(called.text).length === 0 : called.status !== 200);
        });
      }
    }
    const seen = await house.records();
    const unmet = seen.find(({ reason }) => reason === 'condition-unmet');
    assert.deepEqual([unmet?.kind, unmet?.status, unmet?.rule], ['deny', 403, 'clerk[0]']);
    const offered = seen.find(({ rule }) => rule === 'clerk.deny[0]');
    assert.equal(offered?.reason, 'tool-forbidden: tools');
    assert.ok(seen.some(({ kind, rule }) => kind === 'complete' && rule === 'clerk[0]'));
  } finally {
    await house.close();
    await upstream.close();
  }
});

const HOSTILE = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'valueOf',
  '"',
  '" || true || "',
  "'||true||'",
  '\\',
  '\u0000',
  '\ud800',
  '${env:UPSTREAM_KEY}',
  'ann\u0000',
  'Ann',
  'ann ',
  '*',
];

const chatOf = (more: object): object => ({
  model: 'chat',
  messages: [{ role: 'user', content: 'x' }],
  ...more,
});

const toolOf = (name: string): object => ({ type: 'function', function: { name, parameters: {} } });

test('RBAC-04: names that callers choose are compared, and are nothing else', async () => {
  const upstream = await openUpstream();
  const allow = (action: string, when: string): string =>
    `{ actions: [${action}], models: ["*"], when: '${when}' }`;
  const held = 'call.endUser == "ann" && call.tools.all(t, t.startsWith("read_"))';
  const rules = `allow: [${allow('chat', held)}, ${allow('embeddings', 'call.endUser != "mallory"')}]`;
  const house = await openHouse(`${agentYaml(upstream.url)}${roleYaml(rules)}`, UPSTREAM_ENV);
  const headers = bearer(await house.key());
  const ask = (more: object): Promise<Answer> =>
    post(`${house.url}/v1/chat/completions`, chatOf(more), headers);
  try {
    for (const text of HOSTILE) {
      const answers = [
        await ask({ user: text }),
        await ask({ user: 'ann', tools: [toolOf('read_a'), toolOf(text)] }),
        await post(
          `${house.url}/v1/chat/completions`,
          chatOf({ model: text, user: 'ann' }),
          headers,
        ),
      ];
      for (const { status } of answers) {
        assert.ok([400, 403, 404].includes(status), `${JSON.stringify(text)}: ${status}`);
      }
    }
    for (const user of [null, 1, true, {}, [], ['ann'], { toString: 'ann' }]) {
      const { status } = await ask({ user });
      assert.ok([400, 403].includes(status), JSON.stringify(user));
    }
    // A list that is longer than conditions see is no list that they hold for.
    const many = Array.from({ length: 300 }, (_, index) => toolOf(`read_${index}`));
    assert.equal((await ask({ user: 'ann', tools: many })).status, 403);
    assert.equal(
      (await ask({ user: 'ann', tools: [toolOf(`read_${'x'.repeat(2_000)}`)] })).status,
      403,
    );
    assert.equal((await ask({ user: 'ann', tools: many.slice(0, 256) })).status, 200);
    // A value that is not there grants nothing, also where it is compared with what it must not be.
    const embed = { model: 'chat', input: 'x' };
    assert.equal((await post(`${house.url}/v1/embeddings`, embed, headers)).status, 403);
    assert.equal(house.log().includes('request-failed'), false);
    assert.equal(house.log().includes('env:UPSTREAM_KEY'), false);
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('RBAC-04: claims of any type and name', async () => {
  const upstream = await openUpstream();
  const issuer = await openIssuer();
  const key = await newKey('k1');
  issuer.keys = [key.jwk];
  const rules = `allow: [{ actions: [chat], models: ["*"], when: '"llm:write" in principal.claims.scope && principal.claims.azp == ["app"]' }], deny: [{ actions: [chat], models: ["*"], when: '!("eng" in principal.claims["https://x.test/units"])' }]`;
  const auth = `auth: { jwt: [{ issuer: "${issuer.url}", audience: ${AUDIENCE}, allowPrivateAddress: true, tenant: ${TENANT}, claims: { kept: ["https://x.test/units"] } }] }\n`;
  const house = await openHouse(`${agentYaml(upstream.url)}${roleYaml(rules, auth)}`, UPSTREAM_ENV);
  const ask = async (claims: object): Promise<number> => {
    const units = { 'https://x.test/units': ['eng', 'ops'] };
    const token = await tokenOf(issuer.url, key, { claims: { ...units, ...claims }, header: {} });
    return (await post(`${house.url}/v1/chat/completions`, chatOf({}), bearer(token))).status;
  };
  try {
    assert.equal(await ask({ scope: 'llm:read llm:write', azp: 'app' }), 200);
    for (const units of [
      null,
      [],
      ['en', 'g'],
      'english',
      ['eng', 1],
      { eng: 1 },
      ['x'.repeat(1_025)],
    ]) {
      const named = { scope: 'llm:write', azp: 'app', 'https://x.test/units': units };
      assert.equal(await ask(named), 403, JSON.stringify(units));
    }
    const scopes = [
      `${'x'.repeat(1_015)} llm:writer`,
      undefined,
      null,
      true,
      1,
      {},
      [],
      ['llm:write'],
      { 'llm:write': true },
      'llm:writes',
      'llm:read,llm:write',
      'LLM:WRITE',
      '',
      '__proto__',
    ];
    for (const scope of scopes) {
      const status = await ask({ scope, azp: 'app' });
      assert.ok([401, 403].includes(status), `${JSON.stringify(scope)}: ${status}`);
    }
    for (const azp of ['App', ['app'], { 0: 'app' }, 'constructor']) {
      const status = await ask({ scope: 'llm:write', azp });
      assert.ok([401, 403].includes(status), `${JSON.stringify(azp)}: ${status}`);
    }
  } finally {
    await house.close();
    await issuer.close();
    await upstream.close();
  }
});

test('RBAC-04: the dearest rules and the largest call end soon, refused', async () => {
  const upstream = await openUpstream();
  const dear = `{ actions: [chat], models: ["*"], when: 'call.tools.all(t, t.glob("*a*b*a*c") || t.glob("*b*a*b*d"))' }`;
  const many = Array.from({ length: 64 }, () => dear).join(', ');
  const rules = `allow: [${many}], deny: []`;
  const house = await openHouse(`${agentYaml(upstream.url)}${roleYaml(rules)}`, UPSTREAM_ENV);
  const headers = bearer(await house.key());
  try {
    const tools = Array.from({ length: 256 }, () => toolOf('ab'.repeat(512)));
    const startMs = performance.now();
    const answer = await post(`${house.url}/v1/chat/completions`, chatOf({ tools }), headers);
    assert.equal(answer.status, 403);
    assert.ok(performance.now() - startMs < 2_000);
  } finally {
    await house.close();
    await upstream.close();
  }
});

test('RBAC-04: a denial wins over every role, in files and in the store; a broken one denies', async () => {
  const upstream = await openUpstream();
  const yaml = `${agentYaml(upstream.url)}
guards: []
tenants:
  - id: ${TENANT}
    roles:
      all: { allow: [{ actions: ["*"], models: ["*"] }] }
      no-claude: { allow: [], deny: [{ actions: ["*"], models: ["claude"] }] }
      no-evil: { allow: [], deny: [{ actions: [chat], models: ["*"], when: 'call.endUser == "evil"' }] }
    bindings: [{ role: all, users: ["*"] }, { role: no-claude, users: [nora] }, { role: no-evil, users: [eve] }]
`;
  const house = await openHouse(yaml, UPSTREAM_ENV);
  const ask = async (user: string, more: object, roles: string[] = []): Promise<Answer> => {
    const key = await house.key({ user, roles });
    return await post(`${house.url}/v1/chat/completions`, chatOf(more), bearer(key));
  };
  try {
    assert.equal((await ask('nora', {})).status, 200);
    assert.equal((await ask('nora', { model: 'claude' })).status, 404);
    assert.equal((await ask('alice', { model: 'claude', max_tokens: 5 })).status !== 404, true);
    const listed = await get(`${house.url}/v1/models`, bearer(await house.key({ user: 'nora' })));
    assert.ok(!listed.text.includes('claude'), listed.text);

    assert.equal((await ask('eve', { user: 'good' })).status, 200);
    assert.equal((await ask('eve', { user: 'evil' })).status, 403);
    // What the rule cannot know, it denies.
    assert.equal((await ask('eve', {})).status, 403);

    await storeRoles(house);
    assert.equal((await ask('bob', {}, ['broken'])).status, 403);
    assert.equal(
      (await ask('olaf', {}, ['odd'])).status,
      200,
      'a broken rule allows nothing, and denies nothing',
    );
  } finally {
    await house.close();
    await upstream.close();
  }
});

/** As if somebody had written into the store by hand: the API refuses such conditions. */
async function storeRoles({ running }: House): Promise<void> {
  const rule = { actions: ['*'], models: ['*'], when: 'call.nothing(' };
  const { storage } = running.world;
  const entry = { at: 1, actor: 'test', action: 'test.seed', tenant: TENANT, diff: null };
  for (const [name, allow, deny] of [
    ['broken', [], [rule]],
    ['odd', [rule], []],
  ] as const) {
    const done = await storage.change({ ...entry, id: `seed_${name}`, resource: name }, (tx) =>
      tx.roles.insert({ tenant: TENANT, name, allow, deny, version: 1 }),
    );
    assert.ok(done.ok);
  }
  await new Promise((resolve) => setTimeout(resolve, 1_500));
}
