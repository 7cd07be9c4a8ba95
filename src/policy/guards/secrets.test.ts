import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { filterCut, filterWhole, guardContract, ruleOf, runOf } from './guard.contract.ts';
import { SECRET_KINDS } from './secret-kinds.ts';
import { secretsGuard } from './secrets.ts';

// Built at run time, so that no scanner takes a test for a leak.
const body = (length: number): string => 'aB3dE6gH9k'.repeat(20).slice(0, length);
const hex = (length: number): string => '0a1b2c3d4e5f'.repeat(20).slice(0, length);
const upper = (length: number): string => 'A1B2C3D4E5F6G7H8'.repeat(4).slice(0, length);
const pem = (name: string): string =>
  ['-----BEGIN ', name, '-----\n', `${body(64)}\n`.repeat(3), '-----END ', name, '-----'].join('');
const join = (...parts: string[]): string => parts.join('');

const SAMPLES: Readonly<Record<string, string>> = {
  'anthropic-key': join('sk-', 'ant-', body(40)),
  'openai-key': join('sk-', 'proj-', body(40)),
  'aws-access-key': join('AK', 'IA', upper(16)),
  'aws-secret-key': join('aws_secret', '_access_key = ', body(40)),
  'azure-storage-key': join('Account', 'Key=', body(88)),
  'github-token': join('gh', 'p_', body(36)),
  'github-fine-grained-token': join('github', '_pat_', body(60)),
  'gitlab-token': join('gl', 'pat-', body(20)),
  'slack-token': join('xo', 'xb-', body(40)),
  'slack-webhook': join(
    'https://hooks.slack',
    '.com/services/T',
    upper(9),
    '/B',
    upper(9),
    '/',
    body(24),
  ),
  'stripe-key': join('sk_', 'live_', body(24)),
  'google-api-key': join('AI', 'za', body(35)),
  'google-oauth-secret': join('GOC', 'SPX-', body(28)),
  'npm-token': join('np', 'm_', body(36)),
  'pypi-token': join('py', 'pi-AgEI', body(60)),
  'sendgrid-key': join('S', 'G.', body(22), '.', body(43)),
  'huggingface-token': join('h', 'f_', body(34)),
  'digitalocean-token': join('dop', '_v1_', hex(64)),
  'shopify-token': join('shp', 'at_', hex(32)),
  'groq-key': join('gs', 'k_', body(52)),
  'gateway-key': join('llmp', '_live_', body(12), '_', body(49)),
  'json-web-token': join('ey', 'J', body(30), '.ey', 'J', body(60), '.', body(43)),
  'connection-string-password': join('postgres', '://app:', 'hunter2secret', '@db.internal/app'),
  'bearer-token': join('Authorization: ', 'Bearer ', body(40)),
  'private-key': pem('RSA PRIVATE KEY'),
};

const guard = secretsGuard.create({ allow: [] });
const rules = [ruleOf(guard)];

guardContract(guard, {
  found: `key: ${SAMPLES['anthropic-key']} end`,
  nearMiss: 'sk-ant-short AKIA1 -----BEGIN CERTIFICATE----- https://host/a:b ',
  pieces: [
    ...Object.values(SAMPLES),
    ...Object.values(SAMPLES).map((sample) => sample.slice(0, Math.ceil(sample.length / 2))),
    ' ',
    '\n',
    '.',
    'sk-',
    '-----',
    '-----BEGIN ',
    'the quick brown fox ',
    '@',
  ],
});

describe('secrets', () => {
  test('every kind has a sample here', () => {
    assert.deepEqual(
      Object.keys(SAMPLES).sort(),
      SECRET_KINDS.map(({ category }) => category).sort(),
    );
    assert.ok(SECRET_KINDS.length >= 20);
  });

  for (const [category, sample] of Object.entries(SAMPLES)) {
    test(`masks ${category}, and names its kind`, async () => {
      const { run, evidence } = runOf(...rules);
      const { text } = await run.whole(`before ${sample} after`, 'user', true);
      const [line] = evidence.list();
      assert.equal(line?.category, category);
      assert.match(text, /^before .*\[redacted:[a-z-]+\].* after$/su);
      const secret = sample.slice(-Math.min(16, sample.length - 4), -4);
      if (category !== 'connection-string-password') assert.ok(!text.includes(secret));
      else assert.ok(!text.includes('hunter2secret'));
    });
  }

  test('masks a run that is longer than any key to its end', async () => {
    const text = `x ${join('sk-', 'ant-', body(200).repeat(40))} y`;
    assert.equal(await filterWhole(rules, text), 'x [redacted:anthropic-key] y');
    const cuts = Array.from({ length: 400 }, (_, index) => index * 20);
    assert.equal(await filterCut(rules, text, cuts), 'x [redacted:anthropic-key] y');
  });

  test('passes published examples, UUIDs, hashes and words joined by hyphens', async () => {
    const text = [
      join('AK', 'IAIOSFODNN7', 'EXAMPLE'),
      '3f2504e0-4f89-11d3-9a0c-0305e82c3301',
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'sk-learn-pipeline-with-column-transformer',
      'https://example.com:8080/path@v2',
      '-----BEGIN PUBLIC KEY-----',
    ].join('\n');
    assert.equal(await filterWhole(rules, text), text);
  });

  test('an allowed key does not hide a real one that follows it', async () => {
    const allowed = join('sk-', 'ant-', body(30));
    const allowing = [ruleOf(secretsGuard.create({ allow: [allowed] }))];
    const text = `${allowed} and ${SAMPLES['aws-access-key']}`;
    assert.equal(await filterWhole(allowing, text), `${allowed} and [redacted:aws-access-key]`);
    for (let cut = 0; cut < text.length; cut += 1) {
      assert.equal(await filterCut(allowing, text, [cut]), await filterWhole(allowing, text));
    }
  });

  test('refuses a misspelt option instead of ignoring it', () => {
    assert.throws(() => secretsGuard.config.parse({ alow: [] }), /alow/u);
  });
});
