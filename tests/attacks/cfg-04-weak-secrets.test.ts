/** CFG-04: default, weak and empty secrets: the gateway does not start, and quotes none of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

const WEAK = ['sk-1234', 'changeme', 'password', '', 'aaaaaaaaaaaaaaaa', 'secret', 'test'];

test('CFG-04: each weak secret is refused at its line, written or substituted', async () => {
  for (const weak of WEAK) {
    for (const written of [JSON.stringify(weak), '"${env:PROVIDER_KEY}"']) {
      const yaml = `version: 1\nproviders:\n  x: { type: openai, apiKey: ${written} }\nguards: []\n`;
      const loaded = await checkConfig(yaml, '/x/llmproxy.yaml', { PROVIDER_KEY: weak });
      assert.ok(!loaded.ok, weak);
      const text = formatIssues(loaded.problems);
      assert.match(text, /llmproxy\.yaml:3:/u);
      if (weak.length > 6 && weak !== 'password')
        assert.ok(!text.includes(weak), 'a secret is never quoted');
    }
  }
});

test('CFG-04: a secret whose variable is not set is said by name', async () => {
  const yaml =
    'version: 1\nproviders: { x: { type: openai, apiKey: "${env:NOT_SET}" } }\nguards: []\n';
  const loaded = await checkConfig(yaml, '/x/llmproxy.yaml', {});
  assert.ok(!loaded.ok);
  assert.match(formatIssues(loaded.problems), /NOT_SET/u);
});
