import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { webhookSecretBytes } from './alerts-section.ts';
import { diffConfigs, formatDifferences } from './diff.ts';
import { formatIssues } from './issue.ts';
import { checkConfig } from './load.ts';
import { printConfig } from './print.ts';

const secretOf = (bytes: number): string =>
  ['whsec', randomBytes(bytes).toString('base64')].join('_');
const target = (keys: string, name = 'soc'): string =>
  `  - { name: ${name}, url: "https://hooks.example.com/x", ${keys} }\n`;
const GUARDS = 'guards: [{ name: house, type: topics, rules: [{ match: ab, action: alert }] }]\n';
const check = (targets: string, env = {}, needsProviderKeys = true) =>
  checkConfig(`${GUARDS}alerts:\n${targets}`, '/x/llmproxy.yaml', env, { needsProviderKeys });

test('a secret has 24 to 64 random bytes, as the specification says', () => {
  for (const [bytes, isTaken] of [
    [23, false],
    [24, true],
    [64, true],
    [65, false],
  ] as const) {
    assert.equal(webhookSecretBytes(secretOf(bytes)) !== null, isTaken, `${bytes}`);
  }
  assert.equal(webhookSecretBytes(`whsec_${'A'.repeat(200_000)}!`), null);
});

test('secrets are not printed, also where they stand in the file', async () => {
  const [secret, older, newer] = [secretOf(32), secretOf(32), secretOf(32)];
  const loaded = await check(target(`secret: "${secret}", previousSecret: "${older}"`));
  const after = await check(target(`secret: "${newer}"`));
  assert.ok(loaded.ok && after.ok);
  const shown = printConfig(loaded.config, loaded.secretsAt, true);
  assert.match(shown, /secret: "\[secret\]"/u);
  const difference = formatDifferences(diffConfigs(loaded, after));
  assert.match(difference, /alerts\.soc\.secret/u);
  for (const one of [secret, older, newer]) {
    assert.ok(!shown.includes(one) && !difference.includes(one));
  }
});

test('a tool reads the file without the secret; a gateway does not start without it', async () => {
  const keys = 'secret: "${env:NOT_SET}"';
  assert.ok((await check(target(keys), {}, false)).ok);
  const loaded = await check(target(keys), {}, true);
  assert.ok(!loaded.ok);
  assert.match(formatIssues(loaded.problems), /NOT_SET is not set/u);
});

test('a guard that does not exist and a name that is taken are said at their line', async () => {
  const secret = `secret: "${secretOf(32)}"`;
  const loaded = await check(
    target(`${secret}, guards: [house]`) + target(`${secret}, guards: [hous]`),
  );
  assert.ok(!loaded.ok);
  const text = formatIssues(loaded.problems);
  assert.match(text, /:4:.*alerts\[1\]\.guards\[0\]: there is no such guard/u);
  assert.match(text, /did you mean `house`/u);
  assert.match(text, /:4:.*alerts\[1\]\.name: this name is taken/u);
});
