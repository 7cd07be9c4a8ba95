/** Opaque tokens, end to end: a server is asked, what it says counts for seconds, and its silence lets nobody in. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { bearer, DEMO, get, openHouse } from '../support/house.ts';
import { json, openUpstream } from '../support/upstream.ts';

const TENANTS = `guards: []
tenants:
  - { id: acme, bindings: [{ role: developer, users: ["*"] }] }
`;

type Said = Record<string, unknown> | 'down' | 'nonsense';

async function scene(more = '') {
  const server = await openUpstream();
  const tokens = new Map<string, Said>();
  const secret = ['client', 'secret', 'of', 'the', 'test'].join('-');
  server.script = ({ body, headers }, response) => {
    const token = new URLSearchParams(body).get('token') ?? '';
    const pair = Buffer.from(`gate+way:${secret}`).toString('base64');
    if (headers.authorization !== `Basic ${pair}`) return json(response, 401, {});
    const said = tokens.get(token) ?? { active: false };
    if (said === 'down') return json(response, 503, {});
    return json(response, 200, said === 'nonsense' ? [] : said);
  };
  const yaml = `${DEMO}${TENANTS}auth:
  introspection:
    - { endpoint: "${server.url}/introspect", clientId: "gate way", clientSecret: "\${env:CLIENT}", tenant: acme, allowPrivateAddress: true${more} }
`;
  const house = await openHouse(yaml, { CLIENT: secret });
  const ask = async (token: string): Promise<number> =>
    (await get(`${house.url}/v1/models`, bearer(token))).status;
  const close = async (): Promise<void> => {
    await house.close();
    await server.close();
  };
  return { house, server, tokens, ask, secret, close };
}

test('an active token is its user; asked once for many, and the secret goes to its server alone', async () => {
  const { house, server, tokens, ask, secret, close } = await scene();
  try {
    tokens.set('opaque-token-1', { active: true, sub: 'ann' });
    const all = await Promise.all(Array.from({ length: 20 }, () => ask('opaque-token-1')));
    assert.ok(all.every((status) => status === 200));
    assert.equal(server.seen.length, 1);
    const record = (await house.records()).find(({ kind }) => kind === 'complete');
    assert.deepEqual([record?.auth, record?.user], ['introspection', 'ann']);
    const told = JSON.stringify(await house.records()) + house.log();
    assert.ok(!told.includes('opaque-token-1') && !told.includes(secret));
  } finally {
    await close();
  }
});

test('inactive, unfit, bound and strange answers let nobody in', async () => {
  const { tokens, ask, close } = await scene(', issuer: "https://idp", audience: llmproxy');
  try {
    const good = { active: true, sub: 'ann', iss: 'https://idp', aud: ['x', 'llmproxy'] };
    const nowS = Math.floor(Date.now() / 1_000);
    const bad: readonly Said[] = [
      { ...good, active: false },
      { ...good, active: 'true' },
      { ...good, active: 1 },
      { ...good, iss: 'https://evil' },
      { ...good, aud: 'other' },
      { active: true, sub: 'ann' },
      { ...good, exp: nowS - 1 },
      { ...good, exp: 'soon' },
      { ...good, nbf: nowS + 60 },
      { ...good, sub: undefined },
      { ...good, sub: 'two words' },
      { ...good, cnf: { 'x5t#S256': 'x' } },
      { ...good, token_type: 'DPoP' },
      { ...good, typ: 'Refresh' },
      { ...good, token_use: 'refresh_token' },
      { ...good, token_use: 'id' },
      { ...good, token_type: 'N_A' },
      { ...good, at_hash: 'h' },
    ];
    for (const [index, said] of bad.entries()) {
      tokens.set(`bad-${index}`, said);
      assert.equal(await ask(`bad-${index}`), 401, JSON.stringify(said));
    }
    tokens.set('good', good);
    assert.equal(await ask('good'), 200);
  } finally {
    await close();
  }
});

test('a token that was revoked works no longer than its answer is remembered', async () => {
  const { tokens, ask, server, close } = await scene(', cache: 1s');
  try {
    tokens.set('t', { active: true, sub: 'ann' });
    assert.equal(await ask('t'), 200);
    tokens.set('t', { active: false });
    assert.equal(await ask('t'), 200);
    await new Promise((resolve) => {
      setTimeout(resolve, 1_100);
    });
    assert.equal(await ask('t'), 401);
    const asked = server.seen.length;
    for (let index = 0; index < 20; index += 1) assert.equal(await ask('t'), 401);
    assert.equal(server.seen.length, asked, 'that it is worth nothing is remembered too');
  } finally {
    await close();
  }
});

test('a server that fails, or talks nonsense, is a 503 to retry, and is left alone for a while', async () => {
  for (const said of ['down', 'nonsense'] as const) {
    const { tokens, ask, server, close } = await scene();
    try {
      for (const token of ['t', 'u', 'v']) {
        tokens.set(token, said);
        assert.equal(await ask(token), 503);
      }
      const asked = server.seen.length;
      for (let index = 0; index < 20; index += 1) assert.equal(await ask(`t${index}`), 503);
      assert.equal(server.seen.length, asked);
    } finally {
      await close();
    }
  }
});

test('a token that the server chokes on is nobody’s outage but its own', async () => {
  const { tokens, ask, server, close } = await scene();
  try {
    const answer = server.script;
    server.script = (seen, response, socket) =>
      seen.body.startsWith('token=odd') ? json(response, 400, {}) : answer(seen, response, socket);
    tokens.set('good', { active: true, sub: 'ann' });
    for (let index = 0; index < 10; index += 1) assert.equal(await ask(`odd-${index}`), 401);
    assert.equal(await ask('good'), 200);
    const before = server.seen.length;
    for (const text of ['a,b', 'a(b)', '=', 'a=b']) assert.equal(await ask(text), 401, text);
    assert.equal(server.seen.length, before, 'what no token looks like is not asked about');
  } finally {
    await close();
  }
});

test('a wrong secret of ours is no answer: nobody is let in, and nobody is told why', async () => {
  const { house, server, close } = await scene();
  try {
    server.script = (_, response) => json(response, 401, {});
    const { status, text } = await get(`${house.url}/v1/models`, bearer('any'));
    assert.equal(status, 503);
    assert.match(text, /issuer_unavailable/u);
  } finally {
    await close();
  }
});

test('clients are told where tokens come from (RFC 9728), where the operator says it', async () => {
  const resource = `  resource: { url: "https://llm.example.com", authorizationServers: ["https://idp.example.com"], scopes: [chat] }\n`;
  const house = await openHouse(`${DEMO}${TENANTS}auth:\n${resource}`);
  const silent = await openHouse(`${DEMO}${TENANTS}`);
  try {
    const path = '/.well-known/oauth-protected-resource';
    const { status, text } = await get(house.url + path);
    assert.equal(status, 200);
    assert.deepEqual(JSON.parse(text), {
      resource: 'https://llm.example.com',
      authorization_servers: ['https://idp.example.com'],
      bearer_methods_supported: ['header'],
      scopes_supported: ['chat'],
    });
    const challengeAt = async (url: string): Promise<string | null> =>
      (await fetch(`${url}/v1/models`)).headers.get('www-authenticate');
    assert.equal(
      await challengeAt(house.url),
      `Bearer resource_metadata="https://llm.example.com${path}"`,
    );
    assert.equal(await challengeAt(silent.url), 'Bearer');
    assert.equal((await get(silent.url + path)).status, 404);
  } finally {
    await house.close();
    await silent.close();
  }
});
