import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { CliFolder, jsonLines } from './test-run.ts';

const CONFIG = `
providers: { demo: { type: demo } }
models: { demo: { deployments: [{ provider: demo }] } }
guards: []
tenants:
  - id: acme
    roles: { r: { allow: [{ actions: [chat], models: [demo], when: call.maxOutputTokens <= 5 }] } }
    bindings: [{ role: r, users: [ann] }]
`;
const folder = new CliFolder(CONFIG);
after(() => folder.remove());

const caseText = (expect: string, tokens: number, more = ''): string =>
  `{ principal: { tenant: acme, user: ann }, call: { model: demo, maxOutputTokens: ${tokens} }, expect: ${expect}${more} }`;

test('test: 0 when all is as expected, 1 and the difference when it is not', async () => {
  folder.write('good.yaml', `cases: [${caseText('allow', 5)}, ${caseText('deny', 6)}]`);
  const good = await folder.run(['policy', 'test', 'good.yaml']);
  assert.deepEqual([good.code, good.err], [0, '2 of 2 as expected\n']);
  folder.write(
    'bad.yaml',
    `cases: [${caseText('deny', 5)}, ${caseText('allow', 5, ', rule: "r[1]"')}]`,
  );
  const bad = await folder.run(['policy', 'test', 'bad.yaml']);
  assert.equal(bad.code, 1);
  assert.match(
    bad.out,
    /FAIL {2}case 1: allow r\[0\] {2}\(expected deny\)\nFAIL .*\(expected allow r\[1\]\)/u,
  );
  const json = jsonLines((await folder.run(['policy', 'test', 'bad.yaml', '--json'])).out);
  assert.deepEqual(
    json.map(({ isAsExpected, rule }) => [isAsExpected, rule]),
    [
      [false, 'r[0]'],
      [false, 'r[0]'],
    ],
  );
});

test('a file that is no list of cases: what is wrong, by name, and nothing of its values', async () => {
  const wrong: readonly (readonly [string, RegExp])[] = [
    ['cases: []', /^cases: it is too small/u],
    ['cases: [{ expect: secret-word }]', /cases\.0\.principal: it is missing/u],
    ['cases: [', /^wrong\.yaml:1:\d+: this is not YAML/u],
    ['cases: &a [*a]', /aliases/u],
    ['x: &a [1]\ncases: *a', /aliases/u],
    [
      caseText('allow', 5).replace('acme', '"../x"'),
      /the file: there is no such key|cases: it is missing/u,
    ],
    [
      `cases: [${caseText('allow', 5).replace('model:', 'modle:')}]`,
      /cases\.0\.call: there is no such key \(modle\)/u,
    ],
  ];
  for (const [text, expected] of wrong) {
    folder.write('wrong.yaml', text);
    const { code, err } = await folder.run(['policy', 'test', 'wrong.yaml']);
    assert.equal(code, 1, text);
    assert.match(err, expected);
    assert.ok(!err.includes('secret-word'));
  }
  assert.equal((await folder.run(['policy', 'test', 'none.yaml'])).code, 1);
  folder.write('large.yaml', `cases: [] #${'x'.repeat(1_100_000)}`);
  assert.match((await folder.run(['policy', 'test', 'large.yaml'])).err, /larger than 1 MiB/u);
});

test('explain: from options or a file; the model, the caller and what is missing', async () => {
  const asked = ['policy', 'explain', '--tenant', 'acme', '--user', 'ann', '--model', 'demo'];
  const denied = await folder.run(asked);
  assert.equal(denied.code, 0);
  assert.match(denied.out, /^deny {2}condition-unmet {2}r\[0\]\n/u);
  assert.match(denied.out, /r\[0\] {2}allow {2}condition-failed {3}call\.maxOutputTokens <= 5\n$/u);
  const allowed = await folder.run([...asked, '--max-output-tokens', '5', '--json']);
  assert.equal(jsonLines(allowed.out)[0]?.['decision'], 'allow');
  const unknown = await folder.run([...asked.slice(0, -1), 'other']);
  assert.match(unknown.out, /^deny {2}model-unknown\n/u);
  const nobody = await folder.run([
    ...asked.slice(0, 5),
    'bob',
    '--model',
    'demo',
    '--role',
    'gone',
  ]);
  assert.match(nobody.out, /^deny {2}model-forbidden\nroles\n {2}gone .*there is no such role\n/u);
  assert.equal((await folder.run(['policy', 'explain', '--tenant', 'acme'])).code, 2);
  const late = await folder.run([...asked, '--time', 'tomorrow']);
  assert.deepEqual(
    [late.code, late.err],
    [2, 'request.time: it does not have the form that is needed\n'],
  );
  const stray = await folder.run(['policy', 'explain', '--tenant', 'acne', '--model', 'demo']);
  assert.equal(stray.code, 1);
  assert.match(stray.err, /^there is no tenant "acne" in the file; `--store` adds/u);
  folder.write('one.yaml', caseText('allow', 5).replace(', expect: allow', ''));
  assert.match((await folder.run(['policy', 'explain', 'one.yaml'])).out, /^allow {2}r\[0\]\n/u);
});

test('--store reads what keys and roles of the data folder say, and makes no folder', async () => {
  const asked = [
    'policy',
    'explain',
    '--tenant',
    'acme',
    '--user',
    'ann',
    '--model',
    'demo',
    '--store',
  ];
  const none = await folder.run(asked);
  assert.deepEqual([none.code, none.err], [1, 'there is no data folder yet\n']);
  await folder.run(['keys', 'list']);
  assert.match((await folder.run(asked)).out, /^deny {2}condition-unmet/u);
});
