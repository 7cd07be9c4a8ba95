import assert from 'node:assert/strict';
import { test } from 'node:test';

import { configJsonSchema } from './json-schema.ts';
import { isJsonObject } from '#stdx/json.ts';
import { demoConfig } from './demo-config.ts';
import { formatIssues } from './issue.ts';
import { checkConfig } from './load.ts';
import { STARTER_KEY_VARIABLES, starterConfig } from './starter-config.ts';

test('whatever is answered, what `init` writes is valid and its guards are on', async () => {
  for (const provider of ['openai', 'anthropic', 'demo'] as const) {
    for (const guards of ['redact', 'block', 'observe'] as const) {
      const keyVariable = STARTER_KEY_VARIABLES[provider];
      const text = starterConfig({
        provider,
        keyVariable,
        tenant: 'acme',
        listen: '127.0.0.1:0',
        guards,
      });
      const key = ['sk', 'made', 'up', 'Zq81Lm52'].join('-');
      const loaded = await checkConfig(text, '/nowhere/llmproxy.yaml', { [keyVariable]: key });
      assert.ok(loaded.ok, loaded.ok ? '' : formatIssues(loaded.problems));
      assert.equal(loaded.config.guards[0]?.mode, guards === 'observe' ? 'observe' : 'enforce');
      assert.ok(Object.keys(loaded.config.models).length > 0);
    }
  }
});

test('the demo serves its four models to everyone of its tenant, with a limit and two guards', () => {
  const { config } = demoConfig('/nowhere');
  const names = ['demo', 'gpt-4o-mini', 'claude-haiku-4-5', 'text-embedding-3-small'];
  assert.deepEqual(Object.keys(config.models), names);
  assert.deepEqual(config.tenants[0]?.bindings[0], {
    role: 'developer',
    claims: {},
    users: ['*'],
    serviceAccounts: [],
    teams: [],
    keys: ['*'],
  });
  assert.equal(config.limits[0]?.requests?.amount, 600);
  assert.deepEqual(
    config.guards.map(({ type, on, mode, action }) => ({ type, on, mode, action })),
    [
      { type: 'prompt-injection', on: ['request'], mode: 'enforce', action: 'block' },
      { type: 'secrets', on: ['request', 'reply'], mode: 'enforce', action: 'redact' },
    ],
  );
});

test('the schema for editors is of 2020-12, closed, and describes every section', () => {
  const schema = configJsonSchema();
  assert.equal(schema['$schema'], 'https://json-schema.org/draft/2020-12/schema');
  assert.equal(schema['additionalProperties'], false);
  assert.deepEqual(schema['required'], ['guards']);
  const { properties } = schema;
  assert.ok(isJsonObject(properties));
  for (const [name, section] of Object.entries(properties)) {
    assert.ok(isJsonObject(section) && typeof section['description'] === 'string', name);
  }
});
