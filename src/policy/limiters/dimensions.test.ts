import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Principal } from '#domain/principal.ts';

import { compileCondition, compileValue } from '../access/condition.ts';
import { applies, EVERYTHING } from './applies.ts';
import { bucketsOf, type LimitDimension } from './dimensions.ts';
import type { Subject } from './limiter.ts';

const principal: Principal = {
  tenant: 'acme',
  team: 'blue',
  user: 'alice',
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

test('a service account is the user, or the key of who names none', () => {
  const user = bucketsFor(['service-account'], subject({ user: 'svc' }));
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
