/**
 * RBAC-05: routers and servers of open models read fields with which a caller chooses another model, another
 * provider, another address or credentials of its own. Whoever may call one alias may not call the rest of
 * what stands behind it: such a field is refused by name in every dialect, and nothing is sent.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { BASE, bearer, chat, openHouse, post } from '../support/house.ts';
import { openUpstream, UPSTREAM_ENV, upstreamYaml } from '../support/upstream.ts';

const BODIES: Readonly<Record<string, object>> = {
  '/v1/chat/completions': chat('hello'),
  '/v1/responses': { model: 'demo', input: 'hello' },
  '/v1/messages': {
    model: 'demo',
    max_tokens: 8,
    messages: [{ role: 'user', content: 'hello' }],
  },
  '/v1/embeddings': { model: 'demo', input: 'hello' },
};

const FIELDS: Readonly<Record<string, unknown>> = {
  models: ['another/model'],
  route: 'fallback',
  provider: { order: ['elsewhere'] },
  plugins: [{ id: 'web' }],
  preset: 'wide',
  fallbacks: ['another-model'],
  api_base: 'https://attacker.example/v1',
  base_url: 'https://attacker.example/v1',
  api_key: 'of the caller',
  custom_llm_provider: 'other',
  user_config: { model_list: [] },
  extra_body: { models: ['another/model'] },
  chat_template: '{{ messages }}',
  aws_bedrock_runtime_endpoint: 'https://attacker.example',
  vertex_project: 'theirs',
};

test('a field that chooses where a call goes is refused by name in every dialect, and sent nowhere', async (t) => {
  const upstream = await openUpstream();
  t.after(() => upstream.close());
  const house = await openHouse(`${upstreamYaml(upstream)}${BASE}`, UPSTREAM_ENV);
  t.after(() => house.close());
  const headers = bearer(await house.key());
  for (const [path, body] of Object.entries(BODIES)) {
    for (const [field, value] of Object.entries(FIELDS)) {
      const { status, text } = await post(
        `${house.url}${path}`,
        { ...body, [field]: value },
        headers,
      );
      assert.equal(status, 400, `${path} ${field}: ${text}`);
      assert.ok(text.includes(field) && !text.includes('attacker'), text);
    }
  }
  assert.equal(upstream.seen.length, 0);
  // What clients write as "nothing" is nothing, and an alias alone goes where the operator said.
  const said = await post(
    `${house.url}/v1/chat/completions`,
    chat('hello', { models: null }),
    headers,
  );
  assert.equal(said.status, 200, said.text);
  assert.equal(upstream.seen.at(-1)?.json['model'], 'm');
});
