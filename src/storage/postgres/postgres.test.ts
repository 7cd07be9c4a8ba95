/** Which words of a server mean that it may be there later, and which that something is wrong. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';

import { isAbsence, PostgresFault } from './postgres.ts';

const faultOf = (code: string): PostgresFault => new PostgresFault(code, `PostgreSQL: ${code}`);

test('a server that is cut off, stops, follows another or is full is away, and no mistake', () => {
  for (const code of [
    'ECONNREFUSED',
    'EAI_AGAIN',
    '08006',
    '57P01',
    '57P03',
    'unknown',
    // A follower; no connection, no room on the disk, no memory, a disk that fails; a lock, a time-out.
    '25006',
    '53300',
    '53100',
    '53200',
    '53000',
    '58030',
    '55P03',
    '57014',
  ]) {
    assert.ok(isAbsence(faultOf(code)), code);
  }
});

test('a wrong password, a missing database, a broken rule and a broken statement are no absence', () => {
  for (const code of ['28P01', '3D000', '23505', '42501', '42P01', '42601', '53400', 'XX001']) {
    assert.ok(!isAbsence(faultOf(code)), code);
  }
  assert.ok(!isAbsence(new Fault('storage-failed', 'of something else')));
  assert.ok(!isAbsence(new Error('08006')));
});
