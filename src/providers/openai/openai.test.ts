import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Call, DialectName } from '#domain/call.ts';
import { Content } from '#domain/content.ts';
import type { Deployment } from '#domain/deployment.ts';
import { NO_CAPS } from '#domain/money.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import type { JsonObject } from '#stdx/json.ts';

import { isLocal } from '../provider.ts';
import { openaiProvider } from './openai.ts';

const providerWith = (config: JsonObject) => {
  const provider = openaiProvider.create(
    openaiProvider.config.parse({ type: 'openai', ...config }),
  );
  assert.ok(!isLocal(provider));
  return provider;
};

const deployment: Deployment = {
  id: 'fast/openai/gpt',
  provider: 'openai',
  model: 'gpt',
  weight: 1,
  dialects: ['openai-chat'],
  price: null,
  caps: NO_CAPS,
};

const callOf = (dialect: DialectName, body: JsonObject, isStreamed: boolean): Call => ({
  dialect,
  action: 'chat',
  model: 'fast',
  isStreamed,
  content: new Content(body, []),
  maxOutputTokens: null,
  choices: 1,
  tools: [],
  features: new Set(),
  opaques: [],
  heldState: [],
  sealedCount: 0,
  endUser: null,
  wantsStreamUsage: false,
});

const encoded = (dialect: DialectName, body: JsonObject, isStreamed = false) => {
  const wire = providerWith({}).encode(
    callOf(dialect, body, isStreamed),
    deployment,
    dialect,
    body,
  );
  return { ...wire, body: JSON.parse(wire.body) as unknown };
};

test('a streamed chat call always asks for the usage chunk, and keeps the other options', () => {
  const body = {
    model: 'fast',
    stream: true,
    stream_options: { include_usage: false, include_obfuscation: false },
  };
  assert.deepEqual(encoded('openai-chat', body, true), {
    path: '/chat/completions',
    body: {
      model: 'gpt',
      stream: true,
      stream_options: { include_usage: true, include_obfuscation: false },
    },
    isStreamed: true,
    dialect: 'openai-chat',
  });
});

test('a Responses call is not stored unless its dialect let `store` through', () => {
  const { path, body } = encoded('openai-responses', { model: 'fast', input: 'x' });
  assert.equal(path, '/responses');
  assert.deepEqual(body, { model: 'gpt', input: 'x', store: false });
  assert.deepEqual(encoded('openai-responses', { store: true }).body, {
    model: 'gpt',
    store: true,
  });
});

test('embeddings are never streamed and get no options of streams', () => {
  const { path, body, isStreamed } = encoded('openai-embeddings', { input: 'x' }, true);
  assert.deepEqual(
    { path, body, isStreamed },
    { path: '/embeddings', body: { input: 'x', model: 'gpt' }, isStreamed: false },
  );
});

test('the deployment names the model, whatever the body says', () => {
  const body = { model: 'someone-elses' };
  assert.deepEqual(encoded('openai-chat', body).body, { model: 'gpt' });
  assert.equal(body.model, 'someone-elses');
});

test('carries its secret as a bearer token and is not handed the secret', () => {
  const secret = ['sk', 'proj', 'x'.repeat(40)].join('-');
  const provider = providerWith({ apiKey: secret });
  assert.deepEqual(provider.secretCarrier, { header: 'authorization', prefix: 'Bearer ' });
  assert.ok(!JSON.stringify(provider).includes(secret));
  assert.equal(provider.baseUrl, 'https://api.openai.com/v1');
});

test('says what an error status means', () => {
  const provider = providerWith({});
  const meanings = [400, 401, 403, 404, 422, 429, 500, 502, 503, 529].map((status) =>
    provider.faultOf(status),
  );
  assert.deepEqual(meanings, [
    ...Array.from({ length: 5 }, () => 'provider-rejected'),
    'provider-limited',
    'provider-failed',
    'provider-failed',
    'provider-overloaded',
    'provider-overloaded',
  ]);
});

test('refuses a base URL that is not https, unless a private address is allowed by name', () => {
  const local = 'http://127.0.0.1:11434/v1';
  assert.throws(() => providerWith({ baseUrl: local }), ConfigProblem);
  assert.equal(providerWith({ baseUrl: `${local}/`, allowPrivateAddress: true }).baseUrl, local);
});

for (const baseUrl of [
  'https://user:pass@api.example/v1',
  'https://api.example/v1?key=1',
  'https://api.example/v1#a',
  'https://api.example\\@evil.example/v1',
  'https://api.example/v1/../admin',
  'https://api.example/%2e%2e/admin',
  'https://api.example:443/v1',
  'https://2130706433/v1',
  'https://0x7f.1/v1',
  'https://api.example /v1',
  'https://api.example\r\nhost: evil/v1',
  'https://api。example/v1',
  'https:///v1',
  'https://api.example//v1',
  'ftp://api.example/v1',
  'file:///etc/passwd',
  'https://[::1',
]) {
  test(`refuses the base URL ${JSON.stringify(baseUrl)}`, () => {
    assert.throws(() => providerWith({ baseUrl, allowPrivateAddress: true }));
  });
}

test('refuses dialects that it cannot speak, and misspelt keys', () => {
  assert.throws(() => providerWith({ dialects: ['anthropic-messages'] }), ConfigProblem);
  assert.throws(() => providerWith({ baseurl: 'https://api.example/v1' }), /baseurl/u);
  assert.deepEqual(providerWith({ dialects: ['openai-chat'] }).dialects, ['openai-chat']);
});
