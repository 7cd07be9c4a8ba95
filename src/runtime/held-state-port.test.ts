import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';

import type { HeldStateRecord } from '#storage/records.ts';

import { HELD_STATE_MS, heldStatePort } from './held-state-port.ts';

const clock = { nowMs: () => 1_000, monotonicMs: () => 0 };
const binding = { id: 'resp_1', tenant: 'acme', owner: 'user/ann', deployment: 'd' };

test('the store gets a hash and an end, never the id, and answers come back by id', async () => {
  const rows: HeldStateRecord[] = [];
  const asked: unknown[] = [];
  const port = heldStatePort(
    {
      heldState: {
        find: (idHashes, nowMs) => {
          asked.push(nowMs);
          return Promise.resolve(rows.filter(({ idHash }) => idHashes.includes(idHash)));
        },
        keep: (records) => {
          rows.push(...records);
          return Promise.resolve();
        },
      },
    },
    clock,
  );
  await port.keep([binding]);
  const { id, ...owner } = binding;
  const idHash = createHash('sha256').update(id).digest('base64url');
  assert.deepEqual(rows, [{ idHash, ...owner, expiresMs: 1_000 + HELD_STATE_MS }]);
  assert.deepEqual(await port.find(['resp_1', 'resp_2']), [binding]);
  assert.deepEqual(await port.find(['resp_2']), []);
  assert.deepEqual(asked, [1_000, 1_000]);
});
