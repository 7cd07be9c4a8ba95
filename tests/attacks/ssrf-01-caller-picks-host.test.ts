/** SSRF-01: nothing that a caller writes chooses where a call goes or where a secret goes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

const FIELDS = [
  'api_base',
  'base_url',
  'baseUrl',
  'endpoint',
  'api_key',
  'custom_host',
  'proxy',
  'webhook_url',
  'callback',
  'organization',
  'azure_endpoint',
  'aws_region',
  'extra_headers',
  'x-portkey-custom-host',
];

test('SSRF-01: every field and header that names a URL: 0 connections to it', async () => {
  const upstream = await openUpstream();
  const canary = await openUpstream();
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  try {
    const headers = bearer(await house.key());
    const url = `${house.url}/v1/chat/completions`;
    for (const field of FIELDS) {
      await post(url, chat('x', { [field]: canary.url }), headers);
      await post(url, chat('x', { metadata: { [field]: canary.url } }), headers);
      await post(url, chat('x'), {
        ...headers,
        [field.replaceAll('_', '-').toLowerCase()]: canary.url,
      });
      await post(`${url}?${field}=${encodeURIComponent(canary.url)}`, chat('x'), headers);
    }
    for (const model of [canary.url, `demo@${canary.url}`, `openai/${canary.url}#`, '../../demo']) {
      assert.equal((await post(url, chat('x', { model }), headers)).status, 404);
    }
    const image = {
      role: 'user',
      content: [{ type: 'image_url', image_url: { url: `${canary.url}/x.png` } }],
    };
    assert.equal((await post(url, { model: 'demo', messages: [image] }, headers)).status, 400);
    assert.equal(canary.seen.length, 0);
    assert.ok(upstream.seen.length >= FIELDS.length);
    assert.ok(
      upstream.seen.every(
        ({ headers: sent }) => sent.authorization === `Bearer ${UPSTREAM_ENV.UPSTREAM_KEY}`,
      ),
    );
  } finally {
    await house.close();
    await upstream.close();
    await canary.close();
  }
});

test('SSRF-01: a redirect is not followed, and the secret stays', async () => {
  const canary = await openUpstream();
  const upstream = await openUpstream((_, response) => {
    response.writeHead(307, { location: `${canary.url}/chat/completions` });
    response.end();
  });
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  try {
    const answer = await post(
      `${house.url}/v1/chat/completions`,
      chat('x'),
      bearer(await house.key()),
    );
    assert.equal(answer.status, 502);
    assert.equal(canary.seen.length, 0);
  } finally {
    await house.close();
    await upstream.close();
    await canary.close();
  }
});
