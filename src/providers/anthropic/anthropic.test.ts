import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Call } from '#domain/call.ts';
import { Content } from '#domain/content.ts';
import type { Deployment } from '#domain/deployment.ts';
import { NO_CAPS } from '#domain/money.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import type { JsonObject } from '#stdx/json.ts';

import { isLocal } from '../provider.ts';
import { anthropicProvider } from './anthropic.ts';

const providerWith = (config: JsonObject) => {
  const parsed = anthropicProvider.config.parse({ type: 'anthropic', ...config });
  const provider = anthropicProvider.create(parsed);
  assert.ok(!isLocal(provider));
  return provider;
};

const deployment: Deployment = {
  id: 'fast/anthropic/claude',
  provider: 'anthropic',
  model: 'claude',
  weight: 1,
  dialects: ['anthropic-messages'],
  price: null,
  caps: NO_CAPS,
};

function encoded(action: 'chat' | 'count-tokens', isStreamed: boolean) {
  const body = { model: 'fast', messages: [] };
  const call: Call = {
    dialect: 'anthropic-messages',
    action,
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
  };
  return providerWith({}).encode(call, deployment, 'anthropic-messages', body);
}

test('sends the version of the API and the model of the deployment', () => {
  assert.deepEqual(encoded('chat', true), {
    path: '/messages',
    body: '{"model":"claude","messages":[]}',
    isStreamed: true,
    dialect: 'anthropic-messages',
  });
});

test('counts tokens on the route of its own, never as a stream', () => {
  const { path, isStreamed } = encoded('count-tokens', true);
  assert.deepEqual([path, isStreamed], ['/messages/count_tokens', false]);
  assert.equal(providerWith({}).countsTokens, true);
});

test('carries its secret in x-api-key', () => {
  const provider = providerWith({});
  assert.deepEqual(provider.secretCarrier, { header: 'x-api-key', prefix: '' });
  assert.deepEqual(provider.headers, ['anthropic-version', '2023-06-01']);
  assert.equal(provider.baseUrl, 'https://api.anthropic.com/v1');
});

test('tells an overload from a limit', () => {
  const provider = providerWith({});
  assert.deepEqual(
    [429, 529, 413, 500].map((status) => provider.faultOf(status)),
    ['provider-limited', 'provider-overloaded', 'provider-rejected', 'provider-failed'],
  );
});

test('refuses plain http and dialects that it does not speak', () => {
  assert.throws(() => providerWith({ baseUrl: 'http://10.0.0.1/v1' }), ConfigProblem);
  assert.throws(() => providerWith({ dialects: ['openai-chat'] }), ConfigProblem);
});
