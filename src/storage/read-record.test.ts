import assert from 'node:assert/strict';
import { test } from 'node:test';

import { kinds } from './kinds.ts';
import { RecordReader } from './read-record.ts';

const binding = { id: 'b1', tenant: 'acme', role: 'r', users: [], teams: [], keys: [], claims: {} };
const rowOf = (changed: object, id = 'b1') => ({
  id,
  document: JSON.stringify({ ...binding, version: 1, ...changed }),
});

test('a document that says what it said is not read again; one that says another thing is', () => {
  const reader = new RecordReader(kinds.bindings);
  const first = reader.of(rowOf({}));
  assert.equal(reader.of(rowOf({})), first);
  const changed = reader.of(rowOf({ users: ['ann'] }));
  assert.deepEqual(changed.users, ['ann']);
  assert.equal(reader.of(rowOf({ users: ['ann'] })), changed);
  // Back again, as a backup is: what was there before is no longer known.
  assert.deepEqual(reader.of(rowOf({})), first);
  // Removed and made anew under its id and its version.
  assert.deepEqual(reader.of(rowOf({ role: 'other' })).role, 'other');
  assert.deepEqual(reader.of(rowOf({ id: 'b2' }, 'b2')).id, 'b2');
});

test('a document that does not read is refused each time, also where another was known', () => {
  const reader = new RecordReader(kinds.bindings);
  reader.of(rowOf({}));
  const broken = { id: 'b1', document: '{"id":"b1"}' };
  for (let time = 0; time < 2; time += 1) {
    assert.throws(() => reader.of(broken), /bindings/u);
  }
  assert.equal(reader.of(rowOf({})).role, 'r');
});

test('kinds that are read one by one are remembered by nobody', () => {
  const reader = new RecordReader(kinds.contentLeaves);
  const leave = { id: 'l', tenant: 'acme', asker: 'a', party: 'a', reason: 'x', agreedBy: null };
  const times = { askedMs: 1, minutes: 5, endsMs: 2, version: 1 };
  const row = { id: 'l', document: JSON.stringify({ ...leave, ...times }) };
  assert.notEqual(reader.of(row), reader.of(row));
  assert.deepEqual(reader.of(row), reader.of(row));
});
