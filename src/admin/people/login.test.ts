/** People on a whole admin plane: the first account, signing in, the second factor, and the end. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';

import { type Answered, type House, openHouse, textIn } from '../admin.contract.ts';
import { isJsonObject } from '#stdx/json.ts';
import { addPerson, newPassword, type Person } from './people.contract.ts';
import { stepAt, totpCode } from './totp.ts';

const LOGIN = '/admin/v1/login';
const ME = '/admin/v1/me';

const personIn = (house: House, wanted: Parameters<typeof addPerson>[1] = {}) =>
  addPerson({ storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs }, wanted);

export function cookieIn({ headers }: Answered, name: string): string {
  const found = (headers['set-cookie'] ?? []).find((text) => text.startsWith(`${name}=`));
  assert.ok(found !== undefined, `no cookie ${name}`);
  return found.slice(name.length + 1).split(';')[0] ?? '';
}

const signIn = (house: House, { account, password }: Person, code?: string) =>
  house.ask('POST', LOGIN, { body: { login: account.login, password, code } });

const sessionOf = (answered: Answered): string => {
  assert.equal(answered.status, 200, answered.text);
  return cookieIn(answered, '__Host-llmproxy-session');
};

async function lastRecord(house: House) {
  const records = await house.storage.outbox.pending(1_000);
  const last = records.at(-1);
  assert.ok(last !== undefined);
  return last;
}

test('the one-time token makes one account of a platform administrator, and is burnt', async (t) => {
  const house = await openHouse(t);
  const token = house.token('one-time');
  const path = '/admin/v1/accounts/first';
  const weak = await house.ask('POST', path, {
    token,
    body: { login: 'ann', password: 'annannannann' },
  });
  assert.equal(weak.status, 400);
  assert.equal(weak.body['field'], 'password');
  const password = newPassword();
  const body = { login: 'Ann@Example.com', password };
  const made = await house.ask('POST', path, { token, body });
  assert.equal(made.status, 201, made.text);
  assert.equal(textIn(made, 'login'), 'ann@example.com');
  assert.equal(house.oneTimeUsed, 1);
  assert.equal((await lastRecord(house)).action, 'account.first');
  assert.equal(
    (await house.ask('POST', path, { token, body: { login: 'bob', password } })).status,
    401,
  );
  const session = sessionOf(
    await house.ask('POST', LOGIN, { body: { login: 'ann@example.COM', password } }),
  );
  const me = await house.ask('GET', ME, { session });
  assert.equal(me.status, 200, me.text);
  assert.ok(isJsonObject(me.body['session']));
  assert.equal(me.body['session']['role'], 'platform-admin');
});

test('every sign-in that fails is told the same, and the log knows why', async (t) => {
  const house = await openHouse(t);
  const person = await personIn(house);
  const off = await personIn(house, { status: 'disabled' });
  const late = await personIn(house, {
    password: { ...person.account.password, temporaryUntilMs: house.time.nowMs },
  });
  const gone = await personIn(house, { tenant: 'gone' });
  const { totp } = person.account;
  assert.ok(totp !== null);
  const locked = await personIn(house, { totp: { ...totp, confirmedMs: 1 } });
  const answers = [
    await house.ask('POST', LOGIN, { body: { login: 'nobody', password: newPassword() } }),
    await house.ask('POST', LOGIN, {
      body: { login: person.account.login, password: newPassword() },
    }),
    await signIn(house, off),
    await signIn(house, late),
    await signIn(house, gone),
    await signIn(house, locked),
    await signIn(house, locked, '123456'),
  ];
  const told = new Set(answers.map(({ text }) => text.replace(/"requestId":"[^"]+"/u, '')));
  assert.equal(told.size, 1);
  assert.ok(
    answers.every(({ status, headers }) => status === 401 && headers['set-cookie'] === undefined),
  );
  assert.deepEqual(
    house.refused.map(([, , reason]) => reason),
    ['account-unknown'],
  );
  assert.deepEqual(
    house.acts.map(({ reason, action, actor }) => [reason, action, actor.slice(0, 12)]),
    [
      'password-wrong',
      'account-disabled',
      'password-expired',
      'tenant-suspended',
      'code-missing',
      'code-wrong',
    ].map((reason) => [reason, 'session.open', 'account:acc_']),
  );
});

async function withSecondFactor(house: House, t: TestContext) {
  t.diagnostic('enrols');
  const person = await personIn(house);
  const { session, password } = person;
  const begun = await house.ask('POST', `${ME}/totp`, { session, body: { password } });
  assert.equal(begun.status, 200, begun.text);
  const secret = textIn(begun, 'secret');
  const code = () => totpCode(secret, stepAt(house.time.nowMs));
  const path = `${ME}/totp/confirm`;
  assert.equal((await house.ask('POST', path, { session, body: { code: '000000' } })).status, 403);
  const set = await house.ask('POST', path, { session, body: { code: code() } });
  assert.equal(set.status, 200, set.text);
  const codes = set.body['recoveryCodes'];
  assert.ok(Array.isArray(codes));
  return { person, code, recovery: codes.map(String) };
}

test('a code works once, also the one that confirmed; a recovery code works once', async (t) => {
  const house = await openHouse(t);
  const { person, code, recovery } = await withSecondFactor(house, t);
  assert.equal((await signIn(house, person, code())).status, 401);
  house.time.nowMs += 30_000;
  const first = await signIn(house, person, code());
  assert.ok(isJsonObject(first.body['session']));
  assert.equal(first.body['session']['proof'], 'password+totp');
  assert.equal((await signIn(house, person, code())).status, 401);
  const [one = '', two = ''] = recovery;
  assert.match(one, /^[a-z2-7]{4}(?:-[a-z2-7]{4}){3}$/u);
  assert.equal((await signIn(house, person, one.toUpperCase())).status, 200);
  assert.equal((await signIn(house, person, one)).status, 401);
  house.time.nowMs += 30_000;
  const at = code();
  const both = await Promise.all([signIn(house, person, at), signIn(house, person, at)]);
  assert.deepEqual(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [200, 401],
  );
  const removed = { password: person.password, code: two };
  const { session } = person;
  const path = `${ME}/totp/remove`;
  const without = { password: person.password };
  assert.equal((await house.ask('POST', path, { session, body: without })).status, 403);
  assert.equal((await house.ask('POST', path, { session, body: removed })).status, 204);
  assert.equal((await signIn(house, person)).status, 200);
});

test('a temporary password opens nothing but the way to one of their own', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  const body = { login: 'carl', role: 'operator', tenant: 'acme' };
  const made = await house.ask('POST', '/admin/v1/accounts', { token, body });
  assert.equal(made.status, 201, made.text);
  const temporary = textIn(made, 'temporaryPassword');
  const session = sessionOf(
    await house.ask('POST', LOGIN, { body: { login: 'carl', password: temporary } }),
  );
  const early = await house.ask('GET', '/admin/v1/keys', { session });
  assert.equal(early.status, 403);
  assert.match(early.text, /sign-in-incomplete/u);
  const own = newPassword();
  const weak = { current: temporary, password: `${temporary}!` };
  assert.equal((await house.ask('POST', `${ME}/password`, { session, body: weak })).status, 400);
  const change = { current: temporary, password: own };
  const changed = await house.ask('POST', `${ME}/password`, { session, body: change });
  const fresh = sessionOf(changed);
  assert.notEqual(fresh, session);
  assert.equal((await house.ask('GET', ME, { session })).status, 401);
  assert.equal((await house.ask('GET', '/admin/v1/keys', { session: fresh })).status, 200);
  // Confined to the tenant of the account.
  assert.equal((await house.ask('GET', '/admin/v1/status', { session: fresh })).status, 403);
  const again = { body: { login: 'carl', password: temporary } };
  assert.equal((await house.ask('POST', LOGIN, again)).status, 401);
});

test('a disabled or reset account has no session from the next request on', async (t) => {
  const house = await openHouse(t);
  const token = house.token('platform-admin');
  for (const [method, suffix, body] of [
    ['PATCH', '', { status: 'disabled' }],
    ['POST', '/reset', {}],
  ] as const) {
    const person = await personIn(house);
    const { session } = person;
    const path = `/admin/v1/accounts/acc_${person.account.id}`;
    const { headers } = await house.ask('GET', path, { token });
    const own = { session, body, headers: { 'if-match': String(headers.etag) } };
    assert.equal((await house.ask(method, path + suffix, own)).status, 409);
    const sent = { token, body, headers: { 'if-match': String(headers.etag) } };
    assert.equal((await house.ask(method, path + suffix, sent)).status, 200);
    assert.equal((await house.ask('GET', ME, { session })).status, 401);
    assert.equal(await house.storage.sessions.find(person.sessionId), null);
    assert.equal((await signIn(house, person)).status, 401);
  }
});

test('a person has a bounded number of sessions, and the oldest ends for a new one', async (t) => {
  const house = await openHouse(t);
  const person = await personIn(house);
  const opened: string[] = [];
  for (let count = 0; count < 22; count += 1) {
    house.time.nowMs += 1_000;
    opened.push(sessionOf(await signIn(house, person)));
  }
  const session = opened.at(-1);
  const mine = await house.ask('GET', `${ME}/sessions`, { session });
  assert.ok(Array.isArray(mine.body['items']));
  assert.equal(mine.body['items'].length, 20);
  assert.equal((await house.ask('GET', ME, { session: person.session })).status, 401);
  assert.equal((await house.ask('GET', ME, { session: opened[3] })).status, 200);
});

test('the store holds no cookie, no password, no secret and no code as it was given', async (t) => {
  const house = await openHouse(t);
  const { person, recovery } = await withSecondFactor(house, t);
  const account = JSON.stringify(await house.storage.accounts.find(person.account.id));
  const session = JSON.stringify(await house.storage.sessions.find(person.sessionId));
  for (const secret of [person.password, person.session, person.totpSecret, ...recovery]) {
    assert.ok(!account.includes(secret) && !session.includes(secret));
    assert.ok(!account.includes(secret.replaceAll('-', '')));
  }
  // RBAC-03: nor does any answer hold what the store holds of them.
  for (const path of ['/admin/v1/accounts', `/admin/v1/accounts/acc_${person.account.id}`, ME]) {
    const { text, status } = await house.ask('GET', path, { session: person.session });
    assert.equal(status, 200, text);
    const { phc } = person.account.password;
    for (const hidden of [phc, phc.split('$').at(-1) ?? '', person.account.totp?.sealed ?? '']) {
      assert.ok(!text.includes(hidden));
    }
  }
  const asPassword = { login: person.account.login, password: person.account.password.phc };
  assert.equal((await house.ask('POST', LOGIN, { body: asPassword })).status, 401);
});
