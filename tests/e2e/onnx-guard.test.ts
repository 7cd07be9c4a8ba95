/** A classifier of the operator's own, as it is in use: real files, a real session, a real call. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';

import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import { classifierFiles } from '../support/onnx-file.ts';

const files = classifierFiles();

const yamlOf = (more = '', { model, tokenizer } = files): string => `${DEMO}
guards:
  - { name: own, type: onnx, model: "${model}", tokenizer: "${tokenizer}", labels: [benign, injection],
      find: [injection], threshold: 0.8, tokensMax: 64, overlapTokens: 8, timeout: 10s${more} }
${BASE}`;

async function withHouse(yaml: string, run: (house: House, say: Say) => Promise<void>) {
  const house = await openHouse(yaml);
  try {
    const key = bearer(await house.key());
    await run(house, (text, more) =>
      post(`${house.url}/v1/chat/completions`, chat(text, more), key),
    );
  } finally {
    await house.close();
  }
}
type Say = (text: string, more?: object) => ReturnType<typeof post>;

test('blocks what the model finds, in a request of any length and in an answer, and nothing else', async () => {
  await withHouse(yamlOf(), async (house, say) => {
    assert.equal((await say('a bird')).status, 200);
    const blocked = await say('a falcon');
    assert.equal(blocked.status, 400);
    assert.match(blocked.text, /content_filter/u);
    const long = 'word '.repeat(3_000);
    assert.equal((await say(`${long}falcon ${long}`)).status, 400);
    assert.equal((await say(long)).status, 200);
    const lines = (await house.records()).flatMap(({ guards }) => guards ?? []);
    const found = lines.find(({ action }) => action === 'block');
    assert.deepEqual([found?.name, found?.category, found?.position], ['own', 'injection', 'user']);
  });
});

test('a stream is read as the whole is: nothing from the finding on is sent', async () => {
  await withHouse(yamlOf(', on: [reply]'), async (_, say) => {
    // The demo repeats what it was told, word by word.
    const fine = await say('a bird', { stream: true });
    assert.match(fine.text, /bird/u);
    const stopped = await say('a falcon', { stream: true });
    assert.match(stopped.text, /content_filter/u);
    assert.ok(!stopped.text.includes('falcon'));
  });
});

test('files that do not fit are refused at a reload, with the reason, and the old guard goes on', async () => {
  await withHouse(yamlOf(), async (house, say) => {
    const refused = await house.apply(yamlOf(`, sha256: { model: "${'0'.repeat(64)}" }`));
    assert.equal(refused.applied, false);
    assert.match(refused.problems.join(), /sha256 names/u);
    const empty = mkdtempSync(join(tmpdir(), 'llmproxy-empty-'));
    const absent = await house.apply(yamlOf(`, runtime: "${empty}"`));
    assert.equal(absent.applied, false);
    assert.match(absent.problems.join(), /guards\.0\.runtime: .*npm install --prefix/u);
    assert.equal((await say('a falcon')).status, 400);
    const other = classifierFiles('unigram');
    assert.deepEqual(await house.apply(yamlOf('', other)), { applied: true, problems: [] });
    assert.equal((await say('a falcon')).status, 400);
    assert.equal((await say('a bird')).status, 200);
  });
});

test('paths start from the folder of the file, and one that is not there is said at its line', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-paths-'));
  mkdirSync(join(dir, 'models'));
  copyFileSync(files.model, join(dir, 'models', 'm.onnx'));
  copyFileSync(files.tokenizer, join(dir, 'models', 't.json'));
  writeFileSync(join(dir, 'llmproxy.yaml'), '');
  const guard = (model: string) =>
    `{ name: a, type: onnx, model: ${model}, tokenizer: ./models/t.json, labels: [a, b], find: [b] }`;
  const check = (model: string) =>
    checkConfig(
      `guards: []\ntenants:\n  - id: acme\n    guards: [${guard(model)}]\n`,
      join(dir, 'llmproxy.yaml'),
      {},
    );
  const loaded = await check('models/m.onnx');
  assert.ok(loaded.ok, loaded.ok ? '' : formatIssues(loaded.problems));
  assert.ok(JSON.stringify(loaded.config).includes(join(dir, 'models', 'm.onnx')));
  const missing = await check('models/none.onnx');
  assert.ok(!missing.ok);
  assert.match(
    formatIssues(missing.problems),
    /llmproxy\.yaml:4:\d+: tenants\[0\]\.guards\[0\]\.model: the file cannot be read/u,
  );
});
