/** CFG-04: default, weak and empty secrets: the gateway does not start, and quotes none of them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { webhookSecret } from '../support/alert-receiver.ts';

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

test('CFG-04: an empty, short, typed or undecodable webhook secret is refused at its line', async () => {
  const good = webhookSecret();
  const weak = [
    '',
    'whsec_',
    'changeme',
    good.slice('whsec_'.length),
    `whsec_${Buffer.alloc(32, 7).toString('base64')}`,
    `whsec_${Buffer.from('short').toString('base64')}`,
    `${good}!`,
  ];
  const load = (secret: string, previous = '') =>
    checkConfig(
      `guards: []\nalerts:\n  - { name: soc, url: "https://x.example", secret: "\${env:S}"${previous} }\n`,
      '/x/llmproxy.yaml',
      { S: secret, P: weak[2] },
    );
  assert.ok((await load(good)).ok, 'a good one is taken');
  for (const secret of weak) {
    const loaded = await load(secret);
    assert.ok(!loaded.ok, secret);
    const text = formatIssues(loaded.problems);
    assert.match(text, /llmproxy\.yaml:3:.*alerts\[0\]\.secret/u);
    if (secret.length > 6) assert.ok(!text.includes(secret), 'a secret is never quoted');
  }
  assert.ok(!(await load(good, ', previousSecret: "${env:P}"')).ok);
});

test('CFG-04: a secret whose variable is not set is said by name', async () => {
  const yaml =
    'version: 1\nproviders: { x: { type: openai, apiKey: "${env:NOT_SET}" } }\nguards: []\n';
  const loaded = await checkConfig(yaml, '/x/llmproxy.yaml', {});
  assert.ok(!loaded.ok);
  assert.match(formatIssues(loaded.problems), /NOT_SET/u);
});
