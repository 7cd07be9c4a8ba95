/** Filters: the parser and the matcher together against a reading of the standard that is as plain as it can be. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import * as fc from 'fast-check';

import type { JsonObject } from '#stdx/json.ts';

import { GROUP_TYPE, USER_TYPE } from './attributes.ts';
import { parseFilter } from './filter.ts';
import { matchesFilter } from './filter-match.ts';

const parse = (text: string) => parseFilter(text, USER_TYPE.attributes, { urn: USER_TYPE.urn });

interface Email {
  readonly value: string;
  readonly type?: string | undefined;
}
interface User {
  readonly userName: string;
  readonly externalId?: string | undefined;
  readonly active: boolean;
  readonly name?: { readonly givenName: string } | undefined;
  readonly emails?: readonly Email[] | undefined;
}

/** A filter as text and as a function, made side by side. */
interface Pair {
  readonly text: string;
  readonly holds: (user: User) => boolean;
}

const word = fc.stringMatching(/^[abAB "\\]{0,3}$/u);
const low = (text: string): string => text.toLowerCase();

const COMPARE: Readonly<Record<string, (left: string, right: string) => boolean>> = {
  eq: (left, right) => left === right,
  co: (left, right) => left.includes(right),
  sw: (left, right) => left.startsWith(right),
  ew: (left, right) => left.endsWith(right),
  gt: (left, right) => left > right,
  ge: (left, right) => left >= right,
  lt: (left, right) => left < right,
  le: (left, right) => left <= right,
};

/** Every value that the name stands for, and whether letters of another case are another. */
const READS: readonly (readonly [name: string, (user: User) => (string | undefined)[], boolean])[] =
  [
    ['userName', ({ userName }) => [userName], false],
    [`${USER_TYPE.urn}:userName`, ({ userName }) => [userName], false],
    ['externalId', ({ externalId }) => [externalId], true],
    ['name.givenName', ({ name }) => [name?.givenName], false],
    ['emails', ({ emails = [] }) => emails.map(({ value }) => value), false],
    ['emails.value', ({ emails = [] }) => emails.map(({ value }) => value), false],
    ['emails.type', ({ emails = [] }) => emails.map(({ type }) => type), false],
  ];

const anyCase = (text: string): fc.Arbitrary<string> =>
  fc.boolean().map((isUpper) => (isUpper ? text.toUpperCase() : text));

const comparison: fc.Arbitrary<Pair> = fc
  .tuple(
    fc.constantFrom(...READS),
    fc.constantFrom('ne', ...Object.keys(COMPARE)).chain((name) => anyCase(name)),
    word,
    fc.boolean(),
  )
  .map(([[name, read, isExact], operator, value, isUpper]) => ({
    text: `${isUpper && !name.startsWith('urn') ? name.toUpperCase() : name} ${operator} ${JSON.stringify(value)}`,
    holds: (user) => {
      const fold = (text: string): string => (isExact ? text : low(text));
      const held = (by: string): boolean =>
        read(user).some((one) => one !== undefined && COMPARE[by]?.(fold(one), fold(value)));
      return low(operator) === 'ne' ? !held('eq') : held(low(operator));
    },
  }));

const simple: fc.Arbitrary<Pair> = fc.oneof(
  comparison,
  fc.constantFrom(...READS).map(([name, read]) => ({
    text: `${name} pr`,
    // A thing of several parts is there where one of them is.
    holds: (user: User) =>
      [
        ...read(user),
        ...(name === 'emails' ? (user.emails ?? []).map(({ type }) => type) : []),
      ].some((one) => one !== undefined && one !== ''),
  })),
  fc.boolean().map((value) => ({
    text: `active eq ${value}`,
    holds: ({ active }: User) => active === value,
  })),
  fc.tuple(word, word).map(([type, value]) => ({
    text: `emails[type eq ${JSON.stringify(type)} and value co ${JSON.stringify(value)}]`,
    holds: ({ emails = [] }: User) =>
      emails.some(
        (one) =>
          one.type !== undefined &&
          low(one.type) === low(type) &&
          low(one.value).includes(low(value)),
      ),
  })),
  fc.tuple(word, word).map(([type, value]) => ({
    text: `emails[type eq ${JSON.stringify(type)}].value eq ${JSON.stringify(value)}`,
    holds: ({ emails = [] }: User) =>
      emails.some(
        (one) =>
          one.type !== undefined && low(one.type) === low(type) && low(one.value) === low(value),
      ),
  })),
);

const { filter } = fc.letrec<{ filter: Pair }>((tie) => ({
  filter: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    simple,
    fc
      .tuple(tie('filter'), fc.constantFrom('and', 'or'), tie('filter'), fc.boolean())
      .map(([left, kind, right, isUpper]) => ({
        text: `(${left.text}) ${isUpper ? kind.toUpperCase() : kind} (${right.text})`,
        holds: (user: User) =>
          kind === 'and'
            ? left.holds(user) && right.holds(user)
            : left.holds(user) || right.holds(user),
      })),
    tie('filter').map(({ text, holds }) => ({
      text: `not (${text})`,
      holds: (user: User) => !holds(user),
    })),
  ),
}));

const maybe = <T>(of: fc.Arbitrary<T>) => fc.option(of, { nil: undefined });
const user: fc.Arbitrary<User> = fc.record({
  userName: word,
  externalId: maybe(word),
  active: fc.boolean(),
  name: maybe(fc.record({ givenName: word })),
  emails: maybe(fc.array(fc.record({ value: word, type: maybe(word) }), { maxLength: 3 })),
});

const asJson = (one: User): JsonObject => JSON.parse(JSON.stringify(one)) as JsonObject;

test('a filter holds for exactly those for whom the standard says it does', () => {
  let held = 0;
  fc.assert(
    fc.property(filter, user, ({ text, holds }, one) => {
      const parsed = parse(text);
      // Beyond the bounds there is no filter; what is within them is read.
      if (parsed === null) {
        assert.ok(text.length > 300, text);
        return;
      }
      const expected = holds(one);
      held += Number(expected);
      assert.equal(matchesFilter(asJson(one), parsed), expected, text);
    }),
    { numRuns: 5_000 },
  );
  assert.ok(held > 500);
});

describe('filters', () => {
  const ann: JsonObject = {
    userName: 'ann',
    active: true,
    meta: { lastModified: '2026-01-01T00:00:00.000Z' },
  };
  const holds = (text: string): boolean => {
    const parsed = parse(text);
    assert.ok(parsed !== null, text);
    return matchesFilter(ann, parsed);
  };

  test('"and" binds closer than "or", "not" closer than both', () => {
    assert.ok(holds('userName eq "ann" or userName eq "x" and active eq false'));
    assert.ok(!holds('(userName eq "ann" or userName eq "x") and active eq false'));
    assert.ok(holds('not (userName eq "x") and active eq true'));
  });

  test('times are compared as times, null is what is absent', () => {
    assert.ok(holds('meta.lastModified ge "2026-01-01T01:00:00+01:00"'));
    assert.ok(!holds('meta.lastModified gt "2026-01-01T00:00:00Z"'));
    assert.ok(holds('externalId eq null and userName ne null'));
  });

  test('what is no filter over what is kept is refused', () => {
    const bad = [
      '',
      'userName',
      'userName eq',
      'userName eq ann',
      'userName eq "ann',
      'userName eq "ann" and',
      'userName eq "ann") or (active eq true',
      'userName eq "ann" active eq true',
      'password eq "x"',
      'title pr',
      'nothing eq "x"',
      'name eq "x"',
      'name.nothing eq "x"',
      'userName.x eq "x"',
      'active eq "true"',
      'active gt true',
      'userName eq 5',
      'meta.created co "2026"',
      'meta.created gt "soon"',
      'emails[type eq "work"',
      'emails[userName eq "x"]',
      'name[givenName eq "x"]',
      '__proto__ eq "x"',
      'constructor pr',
      `userName eq "${'a'.repeat(1_100)}"`,
      `${'('.repeat(30)}active eq true${')'.repeat(30)}`,
      Array.from({ length: 60 }, () => 'active pr').join(' or '),
    ];
    for (const text of bad) assert.equal(parse(text), null, text);
  });

  test('no text makes the parser throw, or last', () => {
    const piece = fc.constantFrom(
      '(',
      ')',
      '[',
      ']',
      '"',
      ' ',
      'not',
      'emails',
      'eq',
      '.value',
      '\\',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 300 }), (pieces) => {
        parse(pieces.join(''));
        parseFilter(pieces.join(' '), GROUP_TYPE.attributes);
      }),
      { numRuns: 2_000 },
    );
  });
});
