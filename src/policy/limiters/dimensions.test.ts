import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Principal } from '#domain/principal.ts';

import { compileCondition, compileValue } from '../access/condition.ts';
import { applies, EVERYTHING } from './applies.ts';
import {
  bucketsOf,
  isDimension,
  type LimitDimension,
  limitDimensions,
  type NamedDimension,
} from './dimensions.ts';
import type { Subject } from './limiter.ts';

const principal: Principal = {
  tenant: 'acme',
  team: 'blue',
  user: 'alice',
  serviceAccount: null,
  keyId: 'k',
  roles: [],
  claims: { department: ['cardiology'] },
  provenBy: 'jwt',
  scope: null,
  parent: null,
  run: null,
};

const subject = (changes: Partial<Subject> = {}): Subject => ({
  principal,
  tenant: 'acme',
  team: null,
  user: null,
  serviceAccount: null,
  key: 'k',
  ip: '192.0.2.1/32',
  address: '192.0.2.1',
  model: 'm',
  provider: null,
  route: 'chat',
  role: 'developer',
  endUser: null,
  session: null,
  run: null,
  tools: [],
  call: { model: 'm', choices: 1 },
  request: { ip: '192.0.2.1', route: 'chat', clock: { nowMs: () => Date.UTC(2026, 10, 26, 5) } },
  ...changes,
});

/** One of these is the same for every tenant. */
const SHARED = new Set(['ip', 'model', 'provider', 'route']);

const bucketsFor = (per: readonly LimitDimension[], of: Subject) => bucketsOf(per)(of);
const expression = (text: string) => {
  const compiled = compileValue(text);
  assert.ok(compiled.ok);
  return compiled.value;
};

test('two subjects share a counter only when every dimension is the same', () => {
  const name = fc.option(fc.stringMatching(/^[\d:|a-]{0,6}$/u), { nil: null });
  fc.assert(
    fc.property(name, name, name, name, (user, team, otherUser, otherTeam) => {
      const [one] = bucketsFor(['user', 'team'], subject({ user, team }));
      const [two] = bucketsFor(['user', 'team'], subject({ user: otherUser, team: otherTeam }));
      assert.equal(one === two, user === otherUser && team === otherTeam);
    }),
  );
});

/** By dimension, another of its values. */
const OTHERS: Readonly<Record<NamedDimension, Partial<Subject>>> = {
  tenant: { tenant: 'other' },
  team: { team: 'red' },
  user: { user: 'bob' },
  key: { key: 'other' },
  'service-account': { user: 'svc' },
  'end-user': { endUser: 'visitor' },
  ip: { ip: '2001:db8:0:1::/64' },
  model: { model: 'other' },
  provider: { provider: 'vendor' },
  route: { route: 'embeddings' },
  tool: { tools: ['write'] },
  role: { role: 'analyst' },
  session: { session: 's2' },
  run: { run: 'r2' },
};

test('each dimension alone, each pair and all of them: a counter for each combination, and no more', () => {
  const known = Object.keys(limitDimensions).filter(isDimension);
  assert.deepEqual(known.toSorted(), Object.keys(OTHERS).toSorted(), 'none is left out');
  const department = expression('principal.claims["department"][0]');
  const all: readonly LimitDimension[] = [...known, department];
  const changed = (dimension: LimitDimension): Subject =>
    typeof dimension === 'string'
      ? subject({ tools: ['read'], ...OTHERS[dimension] })
      : subject({ tools: ['read'], principal: { ...principal, claims: { department: ['x'] } } });
  // Who calls as one is its user, or its key where there is none.
  const isOf = (one: LimitDimension, other: LimitDimension): boolean =>
    one === other ||
    (one === 'service-account' && (other === 'user' || other === 'key')) ||
    (one === 'user' && other === 'service-account');
  const combined = all.flatMap((one, at) => [[one], ...all.slice(at + 1).map((two) => [one, two])]);
  for (const per of [...combined, all]) {
    const own = bucketsFor(per, subject({ tools: ['read'] }));
    const isShared = per.every((one) => typeof one === 'string' && SHARED.has(one));
    for (const dimension of all) {
      const differs =
        per.some((one) => isOf(one, dimension)) || (dimension === 'tenant' && !isShared);
      const theirs = bucketsFor(per, changed(dimension));
      const title = `${JSON.stringify(per)} by ${JSON.stringify(dimension)}`;
      assert.equal(own.length, 1, title);
      assert.equal(own[0] !== theirs[0], differs, title);
    }
  }
});

test('users of different tenants never share a counter; an address is one everywhere', () => {
  const [one] = bucketsFor(['user'], subject({ user: 'alice' }));
  const [two] = bucketsFor(['user'], subject({ user: 'alice', tenant: 'other' }));
  assert.notEqual(one, two);
  assert.deepEqual(bucketsFor(['ip'], subject()), bucketsFor(['ip'], subject({ tenant: 'other' })));
});

test('each tool of a call is counted, once; a call without tools is not', () => {
  assert.equal(bucketsFor(['tool'], subject({ tools: ['a', 'b', 'a'] })).length, 2);
  assert.deepEqual(bucketsFor(['tool'], subject()), []);
});

test('a service account is one; without one it is the user, or the key of who names none', () => {
  const account = bucketsFor(['service-account'], subject({ serviceAccount: 'svc' }));
  const own = { serviceAccount: 'svc', key: 'other', user: 'alice' };
  assert.deepEqual(account, bucketsFor(['service-account'], subject(own)), 'whom it acts for, too');
  const user = bucketsFor(['service-account'], subject({ user: 'svc' }));
  assert.notDeepEqual(account, user, 'a person of the same name is another');
  assert.deepEqual(user, bucketsFor(['service-account'], subject({ user: 'svc', key: 'other' })));
  assert.notDeepEqual(user, bucketsFor(['service-account'], subject()));
});

test('an expression is worked out; what cannot be is one counter for all', () => {
  const department = expression('principal.claims["department"][0]');
  const [own = ''] = bucketsFor([department], subject());
  assert.ok(own.includes('cardiology'));
  const other = { ...principal, claims: {} };
  const [none] = bucketsFor([department], subject({ principal: other }));
  assert.deepEqual([none], bucketsFor([expression('call.endUser')], subject()));
});

test('a limit is about what it names, and about what it cannot tell', () => {
  const night = compileCondition('request.hour < 6');
  const absent = compileCondition('call.endUser == "x"');
  assert.ok(night.ok && absent.ok);
  const is = (changes: Partial<typeof EVERYTHING>, of = subject()) =>
    applies({ ...EVERYTHING, ...changes }, of);
  assert.equal(is({ tenants: ['other'] }), false);
  assert.equal(is({ models: ['m'] }), true);
  assert.equal(is({ providers: ['p'] }), false, 'none is chosen');
  assert.equal(is({ providers: ['p'] }, subject({ provider: 'p' })), true);
  assert.equal(is({ providers: ['p'] }, subject({ provider: 'q' })), false);
  assert.equal(is({ networks: ['192.0.2.0/24', '10.0.0.0/8'] }), true);
  assert.equal(is({ networks: ['10.0.0.0/8'] }), false);
  assert.equal(is({ networks: ['10.0.0.0/8'] }, subject({ address: 'not an address' })), true);
  assert.equal(is({ when: night.value }), true);
  assert.equal(is({ when: absent.value }), true, 'what cannot be worked out is bounded');
});

test('a counter by provider is shared by tenants, unless the tenant is named', () => {
  const [one, two] = [subject({ provider: 'p' }), subject({ provider: 'p', tenant: 'other' })];
  assert.deepEqual(bucketsFor(['provider'], one), bucketsFor(['provider'], two));
  assert.notDeepEqual(
    bucketsFor(['tenant', 'provider'], one),
    bucketsFor(['tenant', 'provider'], two),
  );
  assert.notDeepEqual(bucketsFor(['provider'], one), bucketsFor(['provider'], subject()));
});
