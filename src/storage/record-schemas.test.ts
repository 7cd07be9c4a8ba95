import assert from 'node:assert/strict';
import { test } from 'node:test';

import { roleRecord } from './record-schemas.ts';

test('a role that was stored before there were denials has none, and keeps its rules', () => {
  const rule = { actions: ['chat'], models: ['fast'], when: 'call.choices == 1' };
  const stored = { tenant: 'acme', name: 'r', allow: [rule], version: 3 };
  assert.deepEqual(roleRecord.parse(stored), { ...stored, deny: [] });
});
