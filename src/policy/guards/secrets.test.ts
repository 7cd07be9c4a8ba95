import assert from 'node:assert/strict';
import { describe, test } from 'node:test';

import { cpuMs, paced } from '../../../tests/support/pace.ts';
import { lookAlikes, secretSamples } from '../../../tests/support/secret-samples.ts';
import { filterCut, filterWhole, guardContract, ruleOf, runOf } from './guard.contract.ts';
import { CONTEXT_CATEGORIES, NAMED_KINDS } from './secret-assignments.ts';
import { INFIX_KINDS } from './secret-infixes.ts';
import { SECRET_KINDS } from './secret-kinds.ts';
import { secretsGuard } from './secrets.ts';

const samples = secretSamples(7);
const sampleOf = (wanted: string): string =>
  samples.find(({ category }) => category === wanted)?.text ?? '';
const known: readonly string[] = [
  ...[...SECRET_KINDS, ...INFIX_KINDS, ...NAMED_KINDS].map(({ category }) => category),
  ...CONTEXT_CATEGORIES,
];

const guard = secretsGuard.create({ allow: [] });
const rules = [ruleOf(guard)];
const categoriesIn = async (text: string): Promise<string[]> => {
  const { run, evidence } = runOf(...rules);
  await run.whole(text, 'user', true);
  return evidence.list().flatMap(({ category }) => category ?? []);
};

guardContract(guard, {
  found: `key: ${sampleOf('anthropic-key')} end`,
  nearMiss:
    'sk-ant-short AKIA1 -----BEGIN CERTIFICATE----- https://host/a:b password: x, -u a:b 12| Q~ ',
  pieces: [
    ...samples.map(({ text }) => text),
    ...samples.map(({ text }) => text.slice(0, Math.ceil(text.length / 2))),
    ...samples.map(({ text }) => text.slice(Math.ceil(text.length / 3))),
    ' ',
    '\n',
    '.',
    'sk-',
    '-----',
    '-----BEGIN ',
    'the quick brown fox ',
    '@',
    'password = "',
    'api_key: ',
    'Authorization: Bearer ',
    '://joe:',
    ' -u ',
    'deadbeef',
    '12345678',
    '|',
    '":',
  ],
});

describe('secrets', () => {
  test('at least sixty kinds are known, and those with a prefix or a mark have a sample here', () => {
    assert.ok(new Set(known).size >= 60);
    const sampled = new Set(samples.map(({ category }) => category));
    const all = [...SECRET_KINDS, ...INFIX_KINDS].map(({ category }) => category);
    assert.deepEqual(
      all.filter((category) => !sampled.has(category)),
      [],
    );
    for (const category of sampled) assert.ok(known.includes(category), category);
  });

  for (const { category, text: sample } of samples) {
    test(`masks ${category}, and names its kind`, async () => {
      const { run, evidence } = runOf(...rules);
      const { text } = await run.whole(`before ${sample} after`, 'user', true);
      assert.deepEqual(
        evidence.list().map((line) => line.category),
        [category],
      );
      assert.match(text, /^before .*\[redacted:[a-z0-9-]+\].* after$/su);
    });
  }

  test('finds freshly made credentials, whatever they are made of', async () => {
    let found = 0;
    let count = 0;
    for (let seed = 100; seed < 120; seed += 1) {
      for (const { text } of secretSamples(seed)) {
        count += 1;
        if ((await filterWhole(rules, `see ${text} there`)) !== `see ${text} there`) found += 1;
      }
    }
    assert.ok(count > 2_000);
    assert.ok(found / count >= 0.99, `${found} of ${count}`);
  });

  test('passes what only looks like one: digests, UUIDs, images, placeholders, references', async () => {
    let passed = 0;
    for (let seed = 1; seed <= 50; seed += 1) {
      for (const text of lookAlikes(seed)) {
        assert.equal(await filterWhole(rules, `see ${text} there`), `see ${text} there`);
        passed += 1;
      }
    }
    assert.ok(passed > 1_000);
  });

  test('masks a run that is longer than any key to its end', async () => {
    const text = `x ${sampleOf('anthropic-key').repeat(80)} y`;
    assert.equal(await filterWhole(rules, text), 'x [redacted:anthropic-key] y');
    const cuts = Array.from({ length: 400 }, (_, index) => index * 20);
    assert.equal(await filterCut(rules, text, cuts), 'x [redacted:anthropic-key] y');
  });

  test('an assigned value beyond the cap is redacted to its end, not let out', async () => {
    const value = sampleOf('json-web-token').replaceAll(/[^\w]/gu, '').slice(3).repeat(4);
    const text = `api_key = ${value} y`;
    assert.equal(await filterWhole(rules, text), 'api_key = [redacted:api-key] y');
    const cuts = Array.from({ length: 60 }, (_, index) => index * 11);
    assert.equal(await filterCut(rules, text, cuts), 'api_key = [redacted:api-key] y');
  });

  test('of an assignment only the value is masked', async () => {
    const [, value = ''] = /= (?<value>.*)/u.exec(sampleOf('aws-secret-key')) ?? [];
    assert.equal(
      await filterWhole(rules, `aws_secret_access_key = ${value}, done`),
      'aws_secret_access_key = [redacted:aws-secret-key], done',
    );
    assert.equal(
      await filterWhole(rules, ['mysql://app:', 'hunter2zx', '@db/app'].join('')),
      'mysql://app:[redacted:connection-string-password]@db/app',
    );
  });

  test('a value without the name, and a name without a value, are nothing', async () => {
    const { text } = samples.find(({ category }) => category === 'datadog-key') ?? { text: '' };
    assert.deepEqual(await categoriesIn(text), ['datadog-key']);
    assert.deepEqual(await categoriesIn(text.replace('DATADOG_API_KEY', 'digest')), []);
    assert.deepEqual(await categoriesIn('DATADOG_API_KEY: '), []);
  });

  test('an allowed key does not hide a real one that follows it', async () => {
    const allowed = sampleOf('github-token');
    const allowing = [ruleOf(secretsGuard.create({ allow: [allowed] }))];
    const text = `${allowed} and ${sampleOf('aws-access-key')}`;
    assert.equal(await filterWhole(allowing, text), `${allowed} and [redacted:aws-access-key]`);
    for (let cut = 0; cut < text.length; cut += 1) {
      assert.equal(await filterCut(allowing, text, [cut]), await filterWhole(allowing, text));
    }
  });

  test('no slice of 64 KB of hostile text holds the event loop for 50 ms', async () => {
    const hostile = [
      'password="'.repeat(6_554),
      '-----BEGIN PRIVATE '.concat('KEY-----\n').repeat(2_341),
      '://a:'.repeat(13_108),
      ' -u a:'.repeat(10_923),
      'Authorization: Bearer '.repeat(2_979),
      'eyJ'.repeat(21_846),
      '1234567890123456|'.repeat(3_856),
    ];
    for (const text of hostile) {
      await filterWhole(rules, text);
      const limitMs = paced(50);
      const startMs = cpuMs();
      await filterWhole(rules, text);
      assert.ok(cpuMs() - startMs < limitMs, text.slice(0, 12));
    }
  });

  test('refuses a misspelt option instead of ignoring it', () => {
    assert.throws(() => secretsGuard.config.parse({ alow: [] }), /alow/u);
  });
});
