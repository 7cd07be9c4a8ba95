import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ConfigProblem } from '#stdx/config-problem.ts';
import type { JsonValue } from '#stdx/json.ts';

import { argumentSchema, compileSchema } from './argument-schema.ts';

const fits = (schema: unknown, value: JsonValue): boolean =>
  compileSchema(argumentSchema.parse(schema))(value);

const transfer = {
  type: 'object',
  required: ['to'],
  additionalProperties: false,
  properties: {
    to: { type: 'string', pattern: '^ACC-\\d{4}$' },
    tags: { type: 'array', maxItems: 2, items: { type: 'string', pattern: '^[a-z]+$' } },
    pattern: { type: 'boolean' },
  },
};

test('structure and patterns, members and items', () => {
  for (const good of [{ to: 'ACC-1234' }, { to: 'ACC-1234', tags: ['a', 'b'], pattern: true }]) {
    assert.ok(fits(transfer, good), JSON.stringify(good));
  }
  const bad: readonly JsonValue[] = [
    {},
    [],
    'ACC-1234',
    null,
    { to: 'acc-1234' },
    { to: 'ACC-1234\n' },
    { to: 1 },
    { to: 'ACC-1234', tags: ['a', 'B'] },
    { to: 'ACC-1234', tags: ['a', 'b', 'c'] },
    { to: 'ACC-1234', other: 1 },
    { to: 'ACC-1234', pattern: 'x' },
  ];
  for (const value of bad) assert.ok(!fits(transfer, value), JSON.stringify(value));
});

test('members that are not named are held to the pattern of the others', () => {
  const schema = {
    type: 'object',
    properties: { id: { type: 'integer' } },
    additionalProperties: { type: 'string', pattern: '^https://ok\\.example/' },
  };
  assert.ok(fits(schema, { id: 1, a: 'https://ok.example/x' }));
  assert.ok(!fits(schema, { id: 1, a: 'https://evil.example/' }));
});

test('all of allOf, one of anyOf, ranges, sets, formats', () => {
  assert.ok(
    !fits(
      {
        allOf: [
          { type: 'string', pattern: 'a' },
          { type: 'string', pattern: 'b' },
        ],
      },
      'a',
    ),
  );
  assert.ok(
    fits(
      {
        allOf: [
          { type: 'string', pattern: 'a' },
          { type: 'string', pattern: 'b' },
        ],
      },
      'ab',
    ),
  );
  assert.ok(fits({ anyOf: [{ type: 'null' }, { const: 'x' }] }, 'x'));
  assert.ok(!fits({ anyOf: [{ type: 'null' }, { const: 'x' }] }, 'y'));
  assert.ok(!fits({ type: 'number', exclusiveMinimum: 0, maximum: 5 }, 0));
  assert.ok(!fits({ enum: ['a', 1] }, 'b'));
  assert.ok(!fits({ type: 'string', format: 'email' }, 'nobody'));
});

test('a pattern that would stall another engine takes no time', () => {
  const schema = { type: 'string', pattern: '^(a+)+$' };
  const startMs = performance.now();
  assert.ok(!fits(schema, `${'a'.repeat(60_000)}!`));
  assert.ok(performance.now() - startMs < 2_000);
  assert.ok(!fits(schema, 'a'.repeat(70_000)), 'what is too long to be read does not fit');
});

test('what would be ignored is refused: unknown keywords, a structure without its type, look-around', () => {
  for (const schema of [
    { typo: 1 },
    { properties: { a: { type: 'string' } } },
    { type: 'object', patternProperties: {} },
    { $ref: '#/x' },
    { type: 'sting' },
    { type: 'string', format: 'regex' },
  ]) {
    assert.ok(!argumentSchema.safeParse(schema).success, JSON.stringify(schema));
  }
  const compiles = (schema: unknown): void => {
    compileSchema(argumentSchema.parse(schema));
  };
  assert.throws(() => compiles({ type: 'string', pattern: '(?=a)' }), ConfigProblem);
  assert.throws(() => compiles({ anyOf: [{ type: 'string', pattern: 'a' }] }), ConfigProblem);
});
