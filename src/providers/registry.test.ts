import assert from 'node:assert/strict';
import { test } from 'node:test';

import { createProvider, providerConfig, providerTypes } from './registry.ts';

for (const { type } of providerTypes) {
  test(`the type ${type} can be configured by its name alone, and makes a provider of that type`, () => {
    const provider = createProvider(providerConfig.parse({ type }));
    assert.equal(provider.type, type);
    assert.ok(provider.dialects.length > 0);
    assert.equal(provider.faultOf(429), 'provider-limited');
  });
}

test('a type that does not exist is refused', () => {
  assert.throws(() => providerConfig.parse({ type: 'other' }), /type/u);
});
