import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configSchema } from '#config/config.ts';

import { reloadDiff } from './reload-diff.ts';

const sideOf = (more: object) => ({
  config: configSchema.parse({ guards: [], ...more }),
  secretsAt: new Set<string>(),
});
const limit = (name: string, requests: string) => ({ name, per: ['key'], requests });

test('says what changed from what to what, and of tenants only where', () => {
  const before = sideOf({
    limits: [limit('a', '5/1m')],
    tenants: [{ id: 'acme', bindings: [{ role: 'developer', users: ['ann'] }] }],
  });
  const after = sideOf({
    limits: [limit('a', '6/1m')],
    tenants: [{ id: 'acme', bindings: [{ role: 'developer', users: ['ann', 'bob'] }] }],
  });
  const text = JSON.stringify(reloadDiff(before, after));
  assert.match(text, /"path":"limits[^"]*","kind":"changed","from":.*5.*"to":.*6/u);
  assert.match(text, /"path":"tenants[^"]*","kind":"(?:changed|added)"\}/u);
  assert.doesNotMatch(text, /bob|ann/u);
  assert.deepEqual(reloadDiff(before, before), []);
});

test('is bounded, and says how much it left out', () => {
  const many = Array.from({ length: 500 }, (_, at) => limit(`limit-${at}`, '1/1m'));
  const first = limit('first', '1/1m');
  const diff = reloadDiff(sideOf({ limits: [first] }), sideOf({ limits: [first, ...many] }));
  assert.ok(Array.isArray(diff));
  assert.equal(diff.length, 101);
  assert.deepEqual(diff.at(-1), { path: '400 more', kind: 'changed' });
  assert.ok(JSON.stringify(diff).length < 100_000);
});
