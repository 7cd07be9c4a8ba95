/** What is said of the fields of an entry is what the check of the configuration takes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { guardTypes } from '#policy/guards/registry.ts';

import { configSchema } from './config.ts';
import { entryFields } from './schema-fields.ts';
import { settingSections } from './settings.ts';

const fieldOf = (section: (typeof settingSections)[number], key: string) => {
  const found = entryFields(section).find((field) => field.key === key);
  assert.ok(found !== undefined, `${section} has ${key}`);
  return found;
};

test('every section has fields, each once for a type, and none is its name', () => {
  for (const section of settingSections) {
    const fields = entryFields(section);
    assert.ok(fields.length > 5, section);
    const once = fields.flatMap(({ key, of }) =>
      of.length === 0 ? [key] : of.map((type) => `${key} ${type}`),
    );
    assert.equal(new Set(once).size, once.length, section);
    assert.ok(
      fields.every(({ key }) => key !== 'name' && !key.startsWith('.')),
      section,
    );
  }
});

test('a field is of the types that have it, with its default and its words', () => {
  const type = fieldOf('guards', 'type');
  for (const guard of guardTypes) assert.ok(type.type.includes(`\`${guard.type}\``), guard.type);
  assert.deepEqual(fieldOf('guards', 'entities').of, ['pii']);
  assert.equal(fieldOf('guards', 'mode').fallback, '`"enforce"`');
  assert.equal(fieldOf('models', 'deployments').fallback, 'required');
  assert.equal(
    fieldOf('models', 'deployments[].weight').about,
    'Share of the calls. 0: only when the others fail.',
  );
  assert.equal(fieldOf('limits', 'requests').type, 'quota');
});

test('a default that is told is the one that an entry gets', () => {
  const { limits } = configSchema.parse({
    guards: [],
    limits: [{ name: 'slow', requests: '60/1m' }],
  });
  const [slow] = limits;
  assert.equal(fieldOf('limits', 'algorithm').fallback, `\`${JSON.stringify(slow?.algorithm)}\``);
  assert.equal(fieldOf('limits', 'per').fallback, `\`${JSON.stringify(slow?.per)}\``);
});
