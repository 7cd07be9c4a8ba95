/** AUTH-12: guessing passwords is slow, says nothing, costs the gateway little, and locks nobody out. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { type House, openHouse } from '#admin/admin.contract.ts';
import { DEVICE_COOKIE } from '#admin/people/cookies.ts';
import { addPerson, newPassword } from '#admin/people/people.contract.ts';
import { clientAddressOf } from '#server/client-address.ts';

const LOGIN = '/admin/v1/login';

const guess = (house: House, login: string, headers: Record<string, string> = {}) =>
  house.ask('POST', LOGIN, { body: { login, password: newPassword() }, headers });

test('AUTH-12: five tries an address and account, then none, right or wrong, until some time has passed', async (t) => {
  const house = await openHouse(t);
  const place = { storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs };
  const person = await addPerson(place);
  const { login } = person.account;
  const body = { login, password: person.password };
  const first = await house.ask('POST', LOGIN, { body });
  const device = String(
    first.headers['set-cookie']?.find((each) => each.startsWith(DEVICE_COOKIE)),
  );
  const statuses: number[] = [];
  for (let tries = 0; tries < 8; tries += 1) statuses.push((await guess(house, login)).status);
  assert.deepEqual(statuses, [401, 401, 401, 401, 401, 429, 429, 429]);
  const late = await house.ask('POST', LOGIN, { body });
  assert.equal(late.status, 429);
  assert.ok(Number(late.headers['retry-after']) <= 60);
  // The owner, on a device that has signed in before, is not kept waiting; a forged device is.
  const known = { cookie: device.split(';')[0] ?? '' };
  assert.equal((await house.ask('POST', LOGIN, { body, headers: known })).status, 200);
  const forged = { cookie: `${DEVICE_COOKIE}=${'A'.repeat(16)}.1.${'0'.repeat(64)}` };
  assert.equal((await house.ask('POST', LOGIN, { body, headers: forged })).status, 429);
  const other = await addPerson(place);
  const theirs = { login: other.account.login, password: other.password };
  // A device is known to its own account alone.
  assert.equal((await house.ask('POST', LOGIN, { body: theirs, headers: known })).status, 200);
  assert.equal((await guess(house, other.account.login, known)).status, 401);
});

test('AUTH-12: behind a proxy that is named, who guesses keeps out nobody but themselves', async (t) => {
  const house = await openHouse(t, { clientAddress: clientAddressOf(['127.0.0.1']) });
  const place = { storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs };
  const person = await addPerson(place);
  const { login } = person.account;
  const from = (ip: string) => ({ 'x-forwarded-for': ip });
  for (let tries = 0; tries < 6; tries += 1) await guess(house, login, from('198.51.100.7'));
  assert.equal((await guess(house, login, from('198.51.100.7'))).status, 429);
  // What stands further left was written by whoever called.
  const forged = from('203.0.113.9, 198.51.100.7');
  assert.equal((await guess(house, login, forged)).status, 429);
  const body = { login, password: person.password };
  const mine = await house.ask('POST', LOGIN, { body, headers: from('203.0.113.9') });
  assert.equal(mine.status, 200);
});

test('AUTH-12: an account that is not there costs and says what one that is there does', async (t) => {
  const house = await openHouse(t);
  const place = { storage: house.storage, peppers: house.peppers, nowMs: house.time.nowMs };
  const times: Record<'there' | 'not', number[]> = { there: [], not: [] };
  const told = new Set<string>();
  for (let round = 0; round < 6; round += 1) {
    const there = await addPerson(place);
    for (const kind of ['there', 'not'] as const) {
      const login = kind === 'there' ? there.account.login : `nobody-${round}`;
      const startMs = performance.now();
      const { text, status } = await guess(house, login);
      times[kind].push(performance.now() - startMs);
      told.add(`${status} ${text.replace(/"requestId":"[^"]+"/u, '')}`);
    }
  }
  assert.equal(told.size, 1);
  const middle = (all: number[]): number => all.toSorted((a, b) => a - b)[3] ?? 0;
  const ratio = middle(times.there) / middle(times.not);
  // A look-up is microseconds and a hash a tenth of a second: without the hash it would be 0.01.
  assert.ok(ratio > 0.4 && ratio < 2.5, String(ratio));
});

test('AUTH-12: a flood of guesses is turned away, and the gateway goes on answering', async (t) => {
  const house = await openHouse(t);
  const { session } = await addPerson({
    storage: house.storage,
    peppers: house.peppers,
    nowMs: house.time.nowMs,
  });
  const flood = Array.from({ length: 60 }, (_, index) => guess(house, `user-${index}`));
  const startMs = performance.now();
  const mine = await house.ask('GET', '/admin/v1/me', { session });
  const tookMs = performance.now() - startMs;
  const statuses = (await Promise.all(flood)).map(({ status }) => status);
  assert.equal(mine.status, 200);
  assert.ok(tookMs < 1_000, String(tookMs));
  // One hash at a time and sixteen waiting; an address has thirty tries over all accounts.
  assert.ok(statuses.filter((status) => status === 401).length <= 17, statuses.join());
  assert.ok(statuses.every((status) => [401, 429, 503].includes(status)));
});

test('AUTH-12: a session that was left open does not become a password, however often one tries', async (t) => {
  const house = await openHouse(t);
  const person = await addPerson({
    storage: house.storage,
    peppers: house.peppers,
    nowMs: house.time.nowMs,
  });
  const { session } = person;
  const statuses: number[] = [];
  for (let tries = 0; tries < 12; tries += 1) {
    const body = { current: newPassword(), password: newPassword() };
    statuses.push((await house.ask('POST', '/admin/v1/me/password', { session, body })).status);
  }
  assert.deepEqual([statuses[0], statuses.at(-1)], [403, 429]);
  const account = await house.storage.accounts.find(person.account.id);
  assert.equal(account?.password.phc, person.account.password.phc);
});
