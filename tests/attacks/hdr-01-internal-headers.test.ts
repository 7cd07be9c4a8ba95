/** HDR-01: what a caller writes into headers changes nobody's identity and reaches no provider. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

const NAMES = [
  'x-llmproxy-tenant',
  'x-llmproxy-user',
  'x-user-id',
  'x-forwarded-user',
  'x-forwarded-host',
  'x-original-url',
  'x-rewrite-url',
  'x-tenant',
  'litellm-changed-by',
  'x-envoy-original-path',
  'x-real-ip',
  'forwarded',
  'openai-organization',
  'x-request-id',
  'cookie',
  'x-http-method-override',
  'x-amz-security-token',
  'anthropic-beta',
];

function spellings(name: string): string[] {
  const upper = name.toUpperCase();
  return [
    name,
    upper,
    name.replaceAll('-', '_'),
    upper.replaceAll('-', '_'),
    `${name}_`,
    `_${name}`,
    name.replace('-', '_'),
    `x-${name}`,
    `${name}-x`,
  ];
}

test('HDR-01: of some hundred spellings, 0 reach the provider and 0 change the principal', async () => {
  const upstream = await openUpstream();
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  try {
    const key = await house.key();
    const all = [...new Set(NAMES.flatMap(spellings).map((name) => name.toLowerCase()))];
    assert.ok(all.length > 100);
    for (let from = 0; from < all.length; from += 40) {
      const headers = Object.fromEntries(
        all.slice(from, from + 40).map((name) => [name, 'canary-header-value']),
      );
      const answer = await post(`${house.url}/v1/chat/completions`, chat('x'), {
        ...headers,
        ...bearer(key),
      });
      assert.equal(answer.status, 200, answer.text);
      assert.notEqual(answer.headers.get('x-request-id'), 'canary-header-value');
    }
    for (const seen of upstream.seen) {
      assert.ok(!JSON.stringify(seen.rawHeaders).includes('canary-header-value'));
      const names = Object.keys(seen.headers).sort();
      assert.deepEqual(names, [
        'accept',
        'accept-encoding',
        'authorization',
        'connection',
        'content-length',
        'content-type',
        'host',
        'user-agent',
      ]);
    }
    for (const { tenant, user, kind } of await house.records()) {
      if (kind === 'complete') assert.deepEqual([tenant, user], ['acme', 'alice']);
    }
  } finally {
    await house.close();
    await upstream.close();
  }
});
