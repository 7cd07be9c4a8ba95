import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, describe, test } from 'node:test';

import { CliFolder, jsonLines } from './test-run.ts';

const MODELS = `models:
  cheap: { deployments: [{ provider: demo, model: gpt-4o }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
  gpt-4o: { deployments: [{ provider: demo }] }
  local: { deployments: [{ provider: demo, model: of-the-house }] }
`;
const BASE = `guards: []\nproviders: { demo: { type: demo } }\n${MODELS}`;
const folder = new CliFolder(BASE);
after(() => folder.remove());

const LIST = `{
  "sample_spec": { "input_cost_per_token": 0.0 },
  "gpt-4o": { "mode": "chat", "input_cost_per_token": 2.6e-06, "output_cost_per_token": 1e-05 },
  "new/one": { "mode": "chat", "input_cost_per_token": 1.5e-07, "output_cost_per_token": 6e-07,
    "input_cost_per_token_above_128k_tokens": 3e-07 },
  "broken\\u001b[2J": { "mode": "chat", "input_cost_per_token": -1, "output_cost_per_token": 1e-05 }
}`;
folder.write('list.json', LIST);
folder.write('good.json', LIST.replace('-1,', '1e-06,').replace('broken\\u001b[2J', 'whole'));

const importing = (...args: readonly string[]): string[] => [
  'prices',
  'import',
  '--format',
  'litellm',
  ...args,
];

describe('prices import', () => {
  test('writes what can be taken, names what cannot, and ends with 1', async () => {
    const { code, out, err } = await folder.run(
      importing('--in', 'list.json', '--out', 'out.json'),
    );
    assert.equal(code, 1);
    assert.equal(out, `2 models are written to ${folder.path('out.json')}\n`);
    assert.match(err, /^left out: broken\?\[2J: input_cost_per_token is no price/mu);
    assert.match(err, /^note: new\/one: priced as its longest prompts are$/mu);
    assert.match(err, /1 entries are left out/u);
    assert.ok(!err.includes('\u001b'));
    assert.match(
      folder.read('out.json'),
      /"new\/one": \{"inputPerMTok":"0\.3","outputPerMTok":"0\.6"\}/u,
    );
    assert.ok(!readdirSync(folder.dir).some((name) => name.endsWith('.writing')));
  });

  test('ends with 0 where everything was taken; as JSON, a line a remark and one at the end', async () => {
    const { code, out, err } = await folder.run(importing('--in', 'good.json', '--json'));
    assert.deepEqual([code, err], [0, '']);
    assert.deepEqual(jsonLines(out), [
      { model: 'new/one', note: 'priced as its longest prompts are' },
      { models: 3, leftOut: 0, notes: 1, out: folder.path('prices.json') },
    ]);
  });

  test("OpenRouter's format", async () => {
    const pricing = { prompt: '0.00000015', completion: '0.0000006' };
    folder.write('router.json', JSON.stringify({ data: [{ id: 'openai/gpt-4o-mini', pricing }] }));
    const args = ['prices', 'import', '--format', 'openrouter', '--in', 'router.json'];
    assert.equal((await folder.run([...args, '--out', 'router-prices.json'])).code, 0);
    assert.match(folder.read('router-prices.json'), /"inputPerMTok":"0\.15"/u);
  });

  test('what is no list changes nothing', async () => {
    folder.write('kept.json', 'as it was');
    folder.write('empty.json', '{}');
    folder.write('text.json', 'no list');
    for (const name of ['absent.json', 'empty.json', 'text.json']) {
      const { code, err } = await folder.run(importing('--in', name, '--out', 'kept.json'));
      assert.equal(code, 1, name);
      assert.notEqual(err, '');
    }
    assert.equal(folder.read('kept.json'), 'as it was');
    assert.equal(
      (await folder.run(importing('--in', 'good.json', '--out', 'no/where.json'))).code,
      1,
    );
    assert.equal((await folder.run(['prices', 'import', '--in', 'good.json'])).code, 2);
    const other = ['prices', 'import', '--format', 'other', '--in', 'good.json'];
    assert.equal((await folder.run(other)).code, 2);
  });
});

describe('prices list', () => {
  test('aliases first, then the lists, with where each is from', async () => {
    const { code, out } = await folder.run(['prices', 'list']);
    assert.equal(code, 0);
    const lines = out.split('\n');
    assert.equal(
      lines[0],
      'cheap (demo/gpt-4o)  in 1  out 2  cache 1 read, 1 written  configuration',
    );
    assert.match(
      lines[1] ?? '',
      /^gpt-4o \(demo\/gpt-4o\)  in 2\.5 .* catalogue-\d{4}-\d\d-\d\d$/u,
    );
    assert.equal(lines[2], 'local (demo/of-the-house)  no price is known');
    assert.ok(lines.some((line) => line.startsWith('claude-sonnet-4-5  in 3  out 15')));
  });

  test('one model; 1 where nobody knows its price', async () => {
    const known = await folder.run(['prices', 'list', 'claude-haiku-4-5-20251001', '--json']);
    assert.equal(jsonLines(known.out)[0]?.['cacheWriteLongPerMTok'], '2');
    const unknown = await folder.run(['prices', 'list', 'local']);
    assert.deepEqual([unknown.code, unknown.err], [1, 'no price is known for local\n']);
    assert.equal((await folder.run(['prices', 'list', 'constructor'])).code, 1);
  });

  test('the file in force goes before the catalogue', async () => {
    await folder.run(importing('--in', 'good.json'));
    folder.write('with.yaml', `${BASE}prices: { file: prices.json }\n`);
    const { out } = await folder.run([
      'prices',
      'list',
      'gpt-4o',
      '--json',
      '--config',
      'with.yaml',
    ]);
    const [row] = jsonLines(out);
    assert.equal(row?.['inputPerMTok'], '2.6');
    assert.match(String(row['version']), /^file-[0-9a-f]{12}$/u);
  });
});

describe('prices diff', () => {
  test('the file in force against the catalogue, and a file against the one in force', async () => {
    await folder.run(importing('--in', 'good.json'));
    folder.write('with.yaml', `${BASE}prices: { file: prices.json }\n`);
    const { code, out } = await folder.run(['prices', 'diff', '--config', 'with.yaml']);
    assert.equal(code, 0);
    assert.match(out, /^~ gpt-4o\.inputPerMTok: "2\.5" → "2\.6"$/mu);
    assert.match(out, /^\+ new\/one: \{"inputPerMTok":"0\.3"/mu);
    const none = await folder.run(['prices', 'diff', 'prices.json', '--config', 'with.yaml']);
    assert.deepEqual([none.code, none.out], [0, '']);
    folder.write('one.json', '{"version":1,"models":{}}');
    const less = await folder.run([
      'prices',
      'diff',
      'one.json',
      '--json',
      '--config',
      'with.yaml',
    ]);
    assert.deepEqual(
      jsonLines(less.out)
        .map(({ path, kind }) => [path, kind])
        .filter(([, kind]) => kind !== 'changed'),
      [
        ['new/one', 'removed'],
        ['whole', 'removed'],
      ],
    );
    assert.equal((await folder.run(['prices', 'diff', 'list.json'])).code, 1);
  });
});
