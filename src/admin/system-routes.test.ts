/** What the routes say of what runs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openHouse, testConfig } from './admin.contract.ts';

test('a model whose price nobody knows has the ceiling that the operator has set', async (t) => {
  const prices = { unknown: { inputPerMTok: 30, outputPerMTok: 120 } };
  const house = await openHouse(t, { config: () => testConfig({ prices }) });
  const { text } = await house.ask('GET', '/admin/v1/models', { token: house.token('viewer') });
  const { items } = JSON.parse(text) as {
    readonly items: readonly { readonly deployments: readonly { readonly price: unknown }[] }[];
  };
  assert.deepEqual(items[0]?.deployments[0]?.price, {
    inputPerMTok: 30,
    outputPerMTok: 120,
    version: 'ceiling',
  });
});
