import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { denialReplies } from '#domain/denial.ts';

import { problem, problemDocument, problemOf, problemTexts } from './problem.ts';

const PAGE = join(import.meta.dirname, '../../docs/reference/admin-api.md');

test('the manual lists every problem with its status, and none that there is not', () => {
  const rows = fs
    .readFileSync(PAGE, 'utf8')
    .matchAll(/^\| `(?<name>[a-z-]+)` \| (?<status>\d{3}) \|/gmu);
  const documented = [...rows].map(({ groups }) => `${groups?.['name']} ${groups?.['status']}`);
  const actual = Object.entries(problemTexts).map(([name, { status }]) => `${name} ${status}`);
  assert.ok(actual.length > 20);
  assert.deepEqual(documented.toSorted(), actual.toSorted());
});

test('a problem of the shared checks keeps its status', () => {
  for (const reason of [
    'target-malformed',
    'host-unknown',
    'body-too-large',
    'body-late',
  ] as const) {
    const denial = reason === 'target-malformed' ? { reason, problem: 'x' } : { reason };
    const { status } = problemDocument(problemOf(denial), 'req_1');
    assert.equal(status, denialReplies[reason].status);
  }
});

test('a field is named only where one is at fault', () => {
  assert.equal(problemDocument(problem('not-found', 'tenant'), 'req_1').field, 'tenant');
  assert.ok(!('field' in problemDocument(problem('not-found'), 'req_1')));
});
