import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';

import { loadConfig, type Loaded, type LoadedConfig } from './load.ts';
import { plainTree } from './print.ts';
import { readPriceTable } from './prices-file.ts';

const dir = mkdtempSync(join(tmpdir(), 'llmproxy-prices-'));
after(() => rmSync(dir, { recursive: true }));

const write = (name: string, text: string): string => {
  writeFileSync(join(dir, name), text);
  return join(dir, name);
};
const pricesOf = (input: string): string =>
  `{"version":1,"models":{"m":{"inputPerMTok":"${input}","outputPerMTok":"2"}}}`;
const load = (file: string): Promise<Loaded> =>
  loadConfig(write('llmproxy.yaml', `guards: []\nprices:\n  file: ${file}\n`), {});

async function loaded(file: string): Promise<LoadedConfig> {
  const config = await load(file);
  assert.ok(config.ok, JSON.stringify(config));
  return config;
}

describe('the file of prices in a configuration', () => {
  test('is read with it, from the folder of the configuration, and named by its hash', async () => {
    write('prices.json', pricesOf('1'));
    const { config } = await loaded('./prices.json');
    assert.match(config.prices?.table?.version ?? '', /^file-[0-9a-f]{12}$/u);
    assert.equal(config.prices?.table?.models.get('m')?.inputPerMTok, '1');
    assert.deepEqual(plainTree(config)['prices'], { file: join(dir, 'prices.json') });
  });

  test('a ceiling for what nobody knows needs no file, and something has to be said', async () => {
    const text = (prices: string) =>
      loadConfig(write('llmproxy.yaml', `guards: []\nprices: ${prices}\n`), {});
    const unknown = { inputPerMTok: 30, outputPerMTok: 120 };
    const alone = await text(JSON.stringify({ unknown }));
    assert.ok(alone.ok, JSON.stringify(alone));
    assert.deepEqual(alone.config.prices?.unknown, unknown);
    assert.deepEqual(plainTree(alone.config)['prices'], { unknown });
    const empty = await text('{}');
    assert.ok(!empty.ok && empty.problems[0]?.path === 'prices.file');
  });

  test('other prices are another policy, the same prices are the same', async () => {
    write('prices.json', pricesOf('1'));
    const first = await loaded('prices.json');
    assert.equal((await loaded('prices.json')).hash, first.hash);
    write('prices.json', pricesOf('3'));
    const second = await loaded('prices.json');
    assert.notEqual(second.hash, first.hash);
    assert.equal(second.config.prices?.table?.models.get('m')?.inputPerMTok, '3');
  });

  test('what cannot be read or is wrong is a problem with its place', async () => {
    const wrong: readonly (readonly [string, string, RegExp])[] = [
      ['absent.json', '', /cannot be read/u],
      ['bad.json', 'no', /not a JSON object/u],
      ['neg.json', pricesOf('-1'), /models\["m"\]\.inputPerMTok must be a decimal number/u],
      ['utf.json', '\u0000\u0001', /not a JSON object/u],
    ];
    for (const [name, text, message] of wrong) {
      if (text !== '') write(name, text);
      const config = await load(name);
      assert.ok(!config.ok, name);
      const [problem] = config.problems;
      assert.deepEqual([problem?.path, problem?.line], ['prices.file', 3], name);
      assert.match(problem?.message ?? '', message);
    }
  });

  test('a device without an end is not read to its end', async () => {
    symlinkSync('/dev/zero', join(dir, 'endless.json'));
    assert.deepEqual(await readPriceTable(join(dir, 'endless.json')), {
      ok: false,
      error: 'the file is larger than 32 MB',
    });
    assert.equal((await readPriceTable(dir)).ok, false);
  });

  test('an unknown key beside `file` is a problem', async () => {
    const config = await load('x.json\n  fil: y');
    assert.ok(!config.ok);
    assert.match(config.problems[0]?.path ?? '', /prices\.fil/u);
  });
});
