/** What guards found, what people say of it, and the set that comes of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { testShape } from '#storage/audit-index.contract.ts';
import type { Tally } from '#storage/audit-index.ts';

import { type Caller, type House, openHouse } from '../admin.contract.ts';
import { offendersOf } from './offender-route.ts';

const FINDINGS = '/admin/v1/findings';
const WRONG = { writer: 'main', seq: 1, guard: 'pii', category: null, verdict: 'wrong' };

async function asked(house: House, caller: Caller, query = '') {
  const { status, body } = await house.ask('GET', `${FINDINGS}${query}`, {
    token: house.token(caller),
  });
  const items = (body['items'] ?? []) as {
    readonly seq: number;
    readonly tenant: string;
    readonly guard: string;
    readonly judgement: { readonly verdict: string; readonly by: string } | null;
  }[];
  return { status, items };
}

const judge = (house: House, caller: Caller, body: unknown, version = 0) =>
  house.ask('POST', FINDINGS, {
    token: house.token(caller),
    body,
    headers: { 'if-match': `"${version}"` },
  });

test('findings wait until somebody says what they are; whoever is late is told so', async (t) => {
  const house = await openHouse(t);
  const { items: open } = await asked(house, 'operator');
  assert.ok(open.length > 0);
  assert.ok(open.every(({ judgement }) => judgement === null));
  const [one] = open;
  const body = { ...WRONG, note: 'a table of codes', assignee: 'ann' };
  const first = await judge(house, 'operator', body);
  assert.equal(first.status, 200, first.text);
  assert.equal(first.body['version'], 1);
  assert.equal((await judge(house, 'security-auditor', body)).status, 412, 'not read yet');
  const again = await judge(house, 'security-auditor', { ...WRONG, verdict: 'right' }, 1);
  assert.equal(again.body['version'], 2);
  assert.equal((await judge(house, 'viewer', body)).status, 403);
  assert.equal(one?.guard, 'pii');
  const { items: left } = await asked(house, 'operator');
  assert.equal(left.length, open.length - 1);
  const { items: judged } = await asked(house, 'operator', '?state=judged');
  assert.deepEqual(
    judged.map(({ seq, judgement }) => [seq, judgement?.verdict]),
    [[1, 'right']],
  );
});

test('what nobody found cannot be judged, and what is of another tenant is not there', async (t) => {
  const house = await openHouse(t);
  for (const changed of [{ guard: 'other' }, { category: 'email' }, { seq: 999 }])
    assert.equal((await judge(house, 'operator', { ...WRONG, ...changed })).status, 404);
  assert.equal((await judge(house, 'confined', { ...WRONG, seq: 2 })).status, 404);
  assert.equal((await asked(house, 'confined', '?tenant=other')).status, 404);
  const { items } = await asked(house, 'confined');
  assert.ok(items.every(({ tenant }) => tenant === 'acme'));
});

test('what was judged is a set: digests only for who may see what is personal, no text', async (t) => {
  const house = await openHouse(t);
  await judge(house, 'operator', { ...WRONG, note: 'codes' });
  await judge(house, 'operator', { ...WRONG, seq: 2, verdict: 'unclear' });
  const lines = async (caller: Caller) => {
    const { text, headers } = await house.ask('GET', `${FINDINGS}/export?format=jsonl`, {
      token: house.token(caller),
    });
    assert.match(String(headers['content-disposition']), /^attachment/u);
    return text.trim().split('\n');
  };
  const [line = '', ...rest] = await lines('security-auditor');
  assert.deepEqual(rest, [], 'what is unclear teaches nothing');
  const told = JSON.parse(line) as Record<string, unknown>;
  assert.equal(told['verdict'], 'wrong');
  assert.equal(told['note'], 'codes');
  assert.match(line, /digest-of-text/u);
  assert.doesNotMatch((await lines('viewer')).join(''), /digest-of-text/u);
});

test('offenders are those who were refused most, and addresses are personal', async (t) => {
  const house = await openHouse(t);
  const ask = (caller: Caller, query: string) =>
    house.ask('GET', `/admin/v1/offenders${query}`, { token: house.token(caller) });
  assert.equal((await ask('viewer', '?by=ip')).status, 403);
  assert.equal((await ask('security-auditor', '?by=ip')).status, 200);
  assert.equal((await ask('viewer', '?by=key')).status, 200);
  const tally = (key: string | null, count: number, reason: string, atMs: number): Tally => ({
    shape: testShape({ reason }),
    key,
    count,
    firstMs: atMs,
    lastMs: atMs + 1,
  });
  const told = offendersOf([
    tally('a', 3, 'limit-reached', 5),
    tally('b', 9, 'credential-rejected', 7),
    tally('a', 8, 'content-blocked', 9),
  ]);
  assert.deepEqual(told, [
    {
      name: 'a',
      count: 11,
      reasons: [
        { reason: 'content-blocked', count: 8 },
        { reason: 'limit-reached', count: 3 },
      ],
      firstAt: new Date(5).toISOString(),
      lastAt: new Date(10).toISOString(),
    },
    {
      name: 'b',
      count: 9,
      reasons: [{ reason: 'credential-rejected', count: 9 }],
      firstAt: new Date(7).toISOString(),
      lastAt: new Date(8).toISOString(),
    },
  ]);
});
