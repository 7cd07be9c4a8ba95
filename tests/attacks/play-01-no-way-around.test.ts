/** PLAY-01: the playground is a caller like any other: no control of the data plane is passed by it. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { type Admin, openAdmin } from '../support/admin.ts';
import { openAuthority } from '../support/certificates.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';

const YAML = `${DEMO}${BASE}
  - { id: other, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
limits: [{ name: few, per: [key], requests: 3/1m }]
guards:
  - { name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }
`;

let house: House;
let admin: Admin;
let confined = '';
let viewer = '';

before(async () => {
  house = await openHouse(YAML);
  admin = await openAdmin(house);
  const token = async (body: object): Promise<string> =>
    String((await admin.done('POST', 'admin-tokens', body)).body['token']);
  confined = await token({ role: 'operator', tenant: 'acme' });
  viewer = await token({ role: 'viewer' });
});
after(async () => {
  await house.close();
});

interface Tried {
  readonly status: number;
  readonly text: string;
  /** Of the data plane. */
  readonly answered: number | null;
}

async function tried(key: string, call: object, token = admin.token, more = {}): Promise<Tried> {
  const body = { dialect: 'openai-chat', key, call: JSON.stringify(call), ...more };
  const { status, text } = await post(
    `${house.adminUrl}/admin/v1/playground/calls`,
    body,
    bearer(token),
  );
  const answered = /event: head\ndata: \{"status":(\d+)/u.exec(text)?.[1];
  return { status, text, answered: answered === undefined ? null : Number(answered) };
}

test('PLAY-01: the key decides: revoked, of nobody, out of its networks, over its limit', async () => {
  const [good, gone] = [await house.key({}), await house.key({})];
  await house.revoke(gone);
  assert.equal((await tried(good, chat('hello'))).answered, 200);
  assert.equal((await tried(gone, chat('hello'))).answered, 401);
  assert.equal((await tried('nonsense', chat('hello'))).answered, 401);
  assert.equal((await tried(good, chat('about project falcon'))).answered, 400);
  assert.equal((await tried(good, chat('hello'))).answered, 200);
  assert.equal((await tried(good, chat('hello'))).answered, 429, 'the limit is the key’s');
  const scope = { actions: null, models: null, tools: null, hours: null, when: null };
  const elsewhere = await house.key({ scope: { ...scope, networks: ['198.51.100.0/24'] } });
  const here = await house.key({ scope: { ...scope, networks: ['127.0.0.0/8'] } });
  assert.equal((await tried(elsewhere, chat('hello'))).answered, 403);
  assert.equal((await tried(here, chat('hello'))).answered, 200, 'the address is the person’s');
});

test('PLAY-01: the role decides: no viewer, and for who is confined no key of another tenant', async () => {
  const [own, other] = [await house.key({}), await house.key({ tenant: 'other' })];
  assert.equal((await tried(own, chat('hello'), viewer)).status, 403);
  assert.equal((await tried(own, chat('hello'), confined)).answered, 200);
  const refused = await tried(other, chat('hello'), confined);
  assert.deepEqual([refused.status, refused.answered], [404, null]);
  assert.equal((await tried('nonsense', chat('hello'), confined)).status, 404);
});

test('PLAY-01: no path, header or body but that of a call goes through', async () => {
  const key = await house.key({});
  for (const more of [
    { dialect: '/v1/models' },
    { dialect: 'openai-embeddings' },
    { path: '/v1/runs' },
    { headers: { 'x-forwarded-for': '198.51.100.1' } },
    { key: `${key}\r\nx-forwarded-for: 198.51.100.1` },
    { key: `${key} ` },
    { key: '' },
    { call: '' },
    { call: 'x'.repeat(60_001) },
  ])
    assert.equal((await tried(key, chat('hello'), admin.token, more)).status, 400);
  assert.equal((await tried(key, {}, admin.token, { call: '{"a":1,"a":2}' })).answered, 400);
  assert.equal((await tried(key, {}, admin.token, { call: 'no JSON' })).answered, 400);
  const repeated = await post(
    `${house.adminUrl}/admin/v1/playground/calls`,
    { dialect: 'openai-chat', key, call: JSON.stringify(chat('hello')) },
    { ...bearer(admin.token), 'idempotency-key': 'once' },
  );
  assert.equal(repeated.status, 400, 'a call that is told as it comes cannot be told again');
});

test('PLAY-01: the call is in the log as any other, and who made it; the key is nowhere', async () => {
  const key = await house.key({});
  const { text } = await tried(key, chat('hello'));
  const requestId = /"requestId":"(req_\w+)"/u.exec(text)?.[1];
  const records = await house.records();
  const own = records.filter((record) => record.requestId === requestId);
  assert.deepEqual(
    own.map(({ kind, ip }) => [kind, ip]),
    [
      ['admit', '127.0.0.1'],
      ['complete', '127.0.0.1'],
    ],
  );
  const made = records.filter(({ action }) => action === 'playground.call').at(-1);
  assert.match(made?.resource ?? '', /^key\/key_\w{12}$/u);
  assert.match(made?.user ?? '', /^admin:/u);
  assert.ok(key.startsWith('llmp_'));
  assert.ok(!JSON.stringify(records).includes(key));
  assert.ok(!house.log().includes(key));
  assert.ok(!text.includes(key));
});

test('PLAY-01: where the data plane asks for certificates, the playground is closed', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-play-'));
  const authority = openAuthority();
  const own = authority.issue('DNS:localhost,IP:127.0.0.1');
  const put = (name: string, text: string): string => {
    writeFileSync(join(dir, name), text);
    return join(dir, name);
  };
  const server = (auth: string): string => `
server:
  listen: "127.0.0.1:0"
  hosts: [gateway.example]
  tls: { cert: ${put('c.pem', own.cert)}, key: ${put('k.pem', own.key)}, clientCa: ${put('ca.pem', authority.cert)}, clientAuth: ${auth} }
`;
  for (const [auth, status, answered] of [
    ['required', 409, null],
    ['optional', 200, 200],
  ] as const) {
    const closed = await openHouse(`${DEMO}guards: []\n${BASE}${server(auth)}`);
    try {
      const { token } = await openAdmin(closed);
      const body = { dialect: 'openai-chat', key: await closed.key({}), call: '{}' };
      const asked = await post(
        `${closed.adminUrl}/admin/v1/playground/calls`,
        { ...body, call: JSON.stringify(chat('hello')) },
        bearer(token),
      );
      assert.equal(asked.status, status, asked.text);
      if (answered !== null) assert.match(asked.text, /"status":200/u);
    } finally {
      await closed.close();
    }
  }
  assert.ok(readFileSync(join(dir, 'c.pem'), 'utf8') !== '');
  rmSync(dir, { recursive: true });
});
