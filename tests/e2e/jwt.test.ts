/** Tokens of issuers, end to end: the official SDK, rotation, an issuer that is down, tenants, roles. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import OpenAI from 'openai';

import { openAdmin } from '../support/admin.ts';
import { bearer, DEMO, get, openHouse, post, chat } from '../support/house.ts';
import { AUDIENCE, newKey, openIssuer, tokenOf } from '../support/issuer.ts';

const TENANTS = `guards: []
tenants:
  - id: acme
    roles: { reader: { allow: [{ actions: [models], models: ["*"] }] } }
    bindings: [{ role: developer, users: [ann] }]
  - { id: bank, bindings: [] }
`;

async function scene(entry: string, kid = 'k1') {
  const issuer = await openIssuer();
  const key = await newKey(kid);
  issuer.keys = [key.jwk];
  const yaml = `${DEMO}${TENANTS}auth:\n  jwt:\n    - { issuer: "${issuer.url}", audience: ${AUDIENCE}, allowPrivateAddress: true, ${entry} }\n`;
  const house = await openHouse(yaml);
  const token = (claims: object = {}, header: object = {}, signer = key): Promise<string> =>
    tokenOf(issuer.url, signer, { claims: { ...claims }, header: { ...header } });
  const models = async (sent: string): Promise<number> =>
    (await get(`${house.url}/v1/models`, bearer(sent))).status;
  const say = async (sent: string): Promise<number> =>
    (await post(`${house.url}/v1/chat/completions`, chat('hello'), bearer(sent))).status;
  const close = async (): Promise<void> => {
    await house.close();
    await issuer.close();
  };
  return { issuer, house, yaml, token, models, say, close };
}

test('the official SDK with a token instead of a key; the record says who and how', async () => {
  const { house, token, close } = await scene('tenant: acme');
  try {
    const client = new OpenAI({ baseURL: `${house.url}/v1`, apiKey: await token(), maxRetries: 0 });
    const answer = await client.chat.completions.create({
      model: 'demo',
      messages: [{ role: 'user', content: 'hello' }],
    });
    assert.ok((answer.choices[0]?.message.content ?? '').length > 0);
    const record = (await house.records()).find(({ kind }) => kind === 'complete');
    assert.deepEqual([record?.auth, record?.tenant, record?.user], ['jwt', 'acme', 'ann']);
  } finally {
    await close();
  }
});

test('roles come from claims by the names that the operator gave them, and from bindings', async () => {
  const { token, models, say, close } = await scene(
    'tenant: acme, claims: { roles: realm.groups }, roleNames: { staff: reader }',
  );
  try {
    const staff = await token({ sub: 'bob', realm: { groups: ['staff', 'developer'] } });
    assert.deepEqual([await models(staff), await say(staff)], [200, 403]);
    const nobody = await token({ sub: 'bob', realm: { groups: ['developer'] } });
    assert.deepEqual([await models(nobody), await say(nobody)], [403, 403]);
    assert.equal(await say(await token({ sub: 'ann' })), 200);
  } finally {
    await close();
  }
});

test('bindings give roles to values of claims: of each claim that is named, and to what was signed alone', async () => {
  const { issuer, house, yaml, token, models, say, close } = await scene(
    'tenant: acme, claims: { user: null, kept: [department, "org.units"] }',
  );
  const rule = (action: string) => `{ allow: [{ actions: [${action}], models: ["*"] }] }`;
  const shut = '{ allow: [], deny: [{ actions: ["*"], models: ["*"] }] }';
  try {
    const bound = yaml.replace(
      /    roles: .*\n    bindings: .*\n/u,
      `    roles: { reader: ${rule('models')}, writer: ${rule('chat')}, shut: ${shut} }
    bindings:
      - { role: reader, claims: { department: [risk, audit] } }
      - { role: writer, claims: { org.units: [a], iss: ["${issuer.url}"] } }
      - { role: writer, claims: { org.units: [b], iss: ["https://another"] } }
      - { role: shut, claims: { department: [left] } }
`,
    );
    assert.deepEqual((await house.apply(bound)).problems, []);
    const may = async (claims: object): Promise<number[]> => {
      const sent = await token(claims);
      return [await models(sent), await say(sent)];
    };
    assert.deepEqual(await may({}), [403, 403]);
    assert.deepEqual(await may({ department: 'risk' }), [200, 403]);
    assert.deepEqual(await may({ department: ['x', 'audit'] }), [200, 403]);
    assert.deepEqual(await may({ department: 'Risk' }), [403, 403], 'to the letter');
    assert.deepEqual(await may({ department: { risk: 'risk' } }), [403, 403]);
    assert.deepEqual(await may({ org: { units: ['a'] } }), [403, 200]);
    assert.deepEqual(await may({ org: { units: ['b'] } }), [403, 403], 'another issuer is meant');
    const left = { department: ['risk', 'left'], org: { units: 'a' } };
    assert.deepEqual(await may(left), [403, 403], 'a denial reaches who has no user and no team');
    const admin = await openAdmin(house);
    const made = await admin.done('POST', 'bindings', {
      tenant: 'acme',
      role: 'reader',
      claims: { department: ['legal'] },
    });
    assert.deepEqual(made.body['claims'], { department: ['legal'] });
    const legal = await token({ department: 'legal' });
    const startMs = performance.now();
    while ((await models(legal)) !== 200) assert.ok(performance.now() - startMs < 2_000);
    const none = { claims: {} };
    await admin.done('PATCH', `bindings/${String(made.body['id'])}`, none, made.etag);
    const endMs = performance.now();
    while ((await models(legal)) !== 403) assert.ok(performance.now() - endMs < 2_000);
    const odd = { tenant: 'acme', role: 'reader', claims: { department: ['*'] } };
    assert.equal((await admin.ask('POST', 'bindings', odd)).status, 400);
    const asked = { tenant: 'acme', claims: { department: 'risk' }, provenBy: 'jwt' };
    const told = await admin.done('POST', 'policy/explain', {
      principal: asked,
      call: { model: 'demo', action: 'models' },
    });
    assert.deepEqual(
      [told.body['decision'], told.body['rule'], told.body['roles']],
      ['allow', 'reader[0]', [{ role: 'reader', from: 'binding', isKnown: true }]],
    );
  } finally {
    await close();
  }
});

test('an issuer speaks for the tenants that it was given, and for no unknown one', async () => {
  const entry = 'claims: { tenant: org, roles: roles }, tenants: [acme, gone]';
  const { token, models, close } = await scene(entry);
  try {
    const of = async (org: string) => await models(await token({ org, roles: ['developer'] }));
    assert.equal(await of('acme'), 200);
    assert.equal(await of('bank'), 401);
    assert.equal(await of('gone'), 401, 'allowed, and not there');
  } finally {
    await close();
  }
});

test('a suspended user is out within a second, whatever the token says', async () => {
  const { house, token, models, close } = await scene('tenant: acme');
  try {
    const sent = await token();
    assert.equal(await models(sent), 200);
    const entry = { id: 'x', at: 1, actor: 'test', action: 'user.update', resource: 'user/ann' };
    const user = { id: 'ann', tenant: 'acme', team: null, name: null, createdMs: 1, version: 1 };
    const fresh = { ...user, provisioned: null };
    await house.running.world.storage.change({ ...entry, tenant: 'acme', diff: null }, (tx) =>
      tx.users.insert({ ...fresh, status: 'suspended' }),
    );
    await new Promise((resolve) => {
      setTimeout(resolve, 900);
    });
    assert.equal(await models(sent), 401);
  } finally {
    await close();
  }
});

test('while the issuer is down known keys serve; before they are known it is a 503 to retry', async () => {
  const { issuer, house, token, models, close } = await scene('tenant: acme');
  try {
    issuer.status = 503;
    const { status, text } = await get(`${house.url}/v1/models`, bearer(await token()));
    assert.equal(status, 503);
    assert.match(text, /issuer_unavailable/u);
    const other = await scene('tenant: acme');
    assert.equal(await other.models(await other.token()), 200);
    other.issuer.status = 503;
    assert.equal(await other.models(await other.token({ jti: 'another' })), 200);
    await other.close();
    assert.equal(await models(await token()), 503);
  } finally {
    await close();
  }
});

test('Kubernetes service accounts and SPIFFE identities are configurations of it', async (t) => {
  await t.test('a projected service account token', async () => {
    const { house, token, models, say, close } = await scene(
      'tenant: acme, types: [none], claims: { user: sub, team: kubernetes.io.namespace }, userPrefix: "k8s:"',
    );
    try {
      const sent = await token(
        {
          sub: 'system:serviceaccount:payments:agent',
          'kubernetes.io': { namespace: 'payments', serviceaccount: { name: 'agent' } },
        },
        { typ: undefined },
      );
      assert.deepEqual([await models(sent), await say(sent)], [403, 403], 'known, without a role');
      const denied = (await house.records()).filter(({ kind }) => kind === 'deny');
      assert.equal(denied[0]?.user, 'k8s:system:serviceaccount:payments:agent');
      assert.equal(denied[0]?.team, 'payments');
    } finally {
      await close();
    }
  });
  await t.test('a JWT-SVID', async () => {
    const { house, token, models, close } = await scene(
      'tenant: bank, types: [jwt, jose, none], algorithms: [ES256]',
    );
    try {
      const sent = await token({ sub: 'spiffe://bank.example/ns/a/sa/b' }, { typ: 'JWT' });
      assert.equal(await models(sent), 403);
      const denied = (await house.records()).filter(({ kind }) => kind === 'deny');
      assert.equal(denied[0]?.user, 'spiffe://bank.example/ns/a/sa/b');
      assert.equal(await models(await token({ iss: 'https://other' }, { typ: 'JWT' })), 401);
    } finally {
      await close();
    }
  });
});

test('claims that are worked out: the tenant by a domain, roles by a prefix; others are nobody', async () => {
  const { token, models, say, house, close } = await scene(
    `tenants: [acme], claims: { tenant: 'cel: claims.email.endsWith("@acme.example") ? "acme" : "bank"', roles: 'cel: claims.groups.filter(g, g.startsWith("llm-")).map(g, g.substring(4))' }`,
  );
  try {
    const email = 'bob@acme.example';
    const reader = await token({ sub: 'bob', email, groups: ['llm-reader', 'developer'] });
    assert.deepEqual([await models(reader), await say(reader)], [200, 403]);
    const elsewhere = await token({ sub: 'bob', email: 'bob@x.example', groups: ['llm-reader'] });
    assert.equal(await models(elsewhere), 401, 'a tenant that the issuer may not name');
    assert.equal(
      await models(await token({ sub: 'bob', email })),
      401,
      'no groups to work it out of',
    );
    const applied = await house
      .apply(`${DEMO}${TENANTS}auth:
  jwt: [{ issuer: "https://x.example", audience: a, tenant: acme, claims: { user: 'cel: claims.sub.matches("x")' } }]
`)
      .catch((thrown: unknown) => String(thrown));
    assert.match(JSON.stringify(applied), /this is not for claims/u);
  } finally {
    await close();
  }
});
