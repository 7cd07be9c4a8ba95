/**
 * ADM-10: where two people have to agree, one makes the other: an account of their own making, one whose
 * password they reset, one that such an account has made, two accounts of one hand. None of them agrees.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type Ask, type House, openHouse, testConfig, textIn } from '#admin/admin.contract.ts';
import { testAudit } from '#admin/audit/audit.contract.ts';
import { addPerson, newPassword } from '#admin/people/people.contract.ts';

type As = Pick<Ask, 'token' | 'session'>;

const DAY_MS = 86_400_000;
const CHANGES = '/admin/v1/config-changes';
const LEAVES = '/admin/v1/content-leaves';

const sessionIn = (headers: Readonly<Record<string, unknown>>): string => {
  const cookies = String(headers['set-cookie']);
  return /__Host-llmproxy-session=([^;]+)/u.exec(cookies)?.[1] ?? '';
};

async function opened(house: House, body: { readonly login: string; readonly password: string }) {
  const { status, text, headers } = await house.ask('POST', '/admin/v1/login', { body });
  assert.equal(status, 200, text);
  return { session: sessionIn(headers) };
}

/** Signs in with a password that was told, and chooses another. */
async function signedIn(
  house: House,
  login: string,
  told: string,
  password = newPassword(),
): Promise<As> {
  const { session } = await opened(house, { login, password: told });
  const body = { current: told, password };
  const chosen = await house.ask('POST', '/admin/v1/me/password', { session, body });
  assert.equal(chosen.status, 200, chosen.text);
  return { session: sessionIn(chosen.headers) };
}

async function made(
  house: House,
  by: As,
  wanted: { login: string; role: string; tenant?: string },
) {
  const account = await house.ask('POST', '/admin/v1/accounts', { ...by, body: wanted });
  assert.equal(account.status, 201, account.text);
  return await signedIn(house, wanted.login, textIn(account, 'temporaryPassword'));
}

async function proposalOf(house: House, by: As): Promise<string> {
  const value = { per: ['key'], requests: '60/1m' };
  const body = { changes: [{ section: 'limits', name: 'one', value }] };
  const proposed = await house.ask('POST', CHANGES, { ...by, body });
  assert.equal(proposed.status, 201, proposed.text);
  return textIn(proposed, 'id');
}

const agree = async (house: House, id: string, by: As): Promise<number> =>
  (await house.ask('POST', `${CHANGES}/${id}/agree`, by)).status;

const openPair = async (t: Parameters<typeof openHouse>[0]) => {
  const config = testConfig({ admin: { listen: '127.0.0.1:0', secondPerson: true } });
  const house = await openHouse(t, { config: () => config });
  const admin: As = { token: house.token('platform-admin') };
  return { house, admin };
};

const role = 'platform-admin';

test('ADM-10: an account of one’s own making, or what it has made, agrees to no change', async (t) => {
  const { house, admin } = await openPair(t);
  const before = await made(house, admin, { login: 'before@example.com', role });
  const id = await proposalOf(house, admin);
  const after = await made(house, admin, { login: 'after@example.com', role });
  const further = await made(house, after, { login: 'further@example.com', role });
  const { body } = await house.ask('POST', '/admin/v1/admin-tokens', { ...after, body: { role } });
  const token = String(body['token']);
  for (const by of [before, after, further, { token }])
    assert.equal(await agree(house, id, by), 409);
  // Nor the other way round, nor two of one hand.
  const own = await proposalOf(house, after);
  for (const by of [admin, before, further]) assert.equal(await agree(house, own, by), 409);
});

test('ADM-10: nor does an account whose password one has just reset; a day later it is its owner’s', async (t) => {
  const { house, admin } = await openPair(t);
  const person = await addPerson({
    storage: house.storage,
    peppers: house.peppers,
    nowMs: house.time.nowMs,
  });
  const id = await proposalOf(house, admin);
  const path = `/admin/v1/accounts/acc_${person.account.id}`;
  const { headers } = await house.ask('GET', path, admin);
  const asked = { ...admin, body: {}, headers: { 'if-match': String(headers.etag) } };
  const reset = await house.ask('POST', `${path}/reset`, asked);
  assert.equal(reset.status, 200, reset.text);
  const { login } = person.account;
  const password = newPassword();
  const by = await signedIn(house, login, textIn(reset, 'temporaryPassword'), password);
  assert.equal(await agree(house, id, by), 409);
  house.time.nowMs += DAY_MS + 1;
  const later = await proposalOf(house, admin);
  const session = await opened(house, { login, password });
  assert.equal(await agree(house, id, session), 409, 'what was asked for before the reset');
  assert.equal(await agree(house, later, session), 200);
});

test('ADM-10: nor to seeing what was said', async (t) => {
  const house = await openHouse(t, { audit: testAudit({ secondPerson: true }) });
  const by: As = { token: house.token('tenant-admin') };
  const asked = await house.ask('POST', LEAVES, { ...by, body: { reason: 'curious' } });
  assert.equal(asked.status, 201, asked.text);
  const wanted = { login: 'sock@example.com', role: 'tenant-admin', tenant: 'acme' };
  const sock = await made(house, by, wanted);
  const agreed = await house.ask('POST', `${LEAVES}/${textIn(asked, 'id')}/agree`, sock);
  assert.equal(agreed.status, 409, agreed.text);
  const { storage, peppers, time } = house;
  const other = await addPerson(
    { storage, peppers, nowMs: time.nowMs },
    { role: 'tenant-admin', tenant: 'acme' },
  );
  const second = { session: other.session };
  const agreed2 = await house.ask('POST', `${LEAVES}/${textIn(asked, 'id')}/agree`, second);
  assert.equal(agreed2.status, 200, agreed2.text);
});
