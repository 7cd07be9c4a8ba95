import assert from 'node:assert/strict';
import { test } from 'node:test';

import { checkConfig } from './load.ts';
import { profileNames } from './profile-problems.ts';

const env = { KEY: ['profile', 'test', 'k3yk3yk3y'].join('-') };

async function problems(yaml: string): Promise<string[]> {
  const loaded = await checkConfig(yaml, '/nowhere/llmproxy.yaml', env);
  return loaded.ok ? [] : loaded.problems.map(({ path, message }) => `${path}: ${message}`);
}

const provider = (agreements: string): string =>
  `providers: { openai: { type: openai, apiKey: "\${env:KEY}"${agreements} } }\nmodels: { m: { deployments: [{ provider: openai }] } }\n`;

test('what a profile wants is said, all of it, with what to write', async () => {
  const found = await problems(
    `${provider('')}guards: []\naudit: { profiles: [hipaa], content: full, onFailure: allow-with-gap }\n`,
  );
  for (const wanted of [
    'audit.retention.metadata: the profile hipaa wants records kept for 2190 days',
    'audit.onFailure: the profile hipaa wants no call without its record',
    'audit.anchors: the profile hipaa wants the log to be anchored',
    'audit.reveal.secondPerson: the profile hipaa wants two people',
    'guards: the profile hipaa wants a guard of type pii',
    'providers.openai.agreements: the profile hipaa wants baa',
  ])
    assert.ok(
      found.some((line) => line.startsWith(wanted)),
      `${wanted}\nin\n${found.join('\n')}`,
    );
  assert.equal(found.length, 6);
});

test('a configuration that has everything starts under all of them', async () => {
  const yaml = `${provider(', agreements: [baa, dpa]')}
guards:
  - { name: pii, type: pii, on: [request, reply], mode: enforce, action: redact }
  - { name: secrets, type: secrets, on: [request, reply], mode: enforce, action: redact }
audit:
  profiles: [${profileNames.join(', ')}]
  content: redacted
  reveal: { secondPerson: true }
  retention: { metadata: 2190d, content: 30d }
  anchors: [{ name: vault, type: file, path: /mnt/vault/anchor.txt }]
`;
  assert.deepEqual(await problems(yaml), []);
});

test('a guard that only watches, or reads for some tenants, is not one that acts', async () => {
  for (const guard of [
    '{ name: pii, type: pii, on: [request], mode: observe, action: redact }',
    '{ name: pii, type: pii, on: [reply], mode: enforce, action: redact }',
    '{ name: pii, type: pii, on: [request], mode: enforce, action: alert }',
    '{ name: pii, type: pii, on: [request], mode: enforce, action: redact, tenants: [a] }',
  ]) {
    const yaml = `${provider(', agreements: [dpa]')}tenants: [{ id: a }]\nguards: [${guard}]\naudit: { profiles: [gdpr] }\n`;
    const found = await problems(yaml);
    assert.equal(found.length, 1, found.join('\n'));
    assert.match(found[0] ?? '', /guards: the profile gdpr wants/u);
  }
});

test('the built-in provider sends nothing anywhere, and needs no agreement', async () => {
  const yaml =
    'providers: { demo: { type: demo } }\nmodels: { m: { deployments: [{ provider: demo }] } }\nguards: []\naudit: { profiles: [eu-ai-act] }\n';
  assert.deepEqual(await problems(yaml), []);
});
