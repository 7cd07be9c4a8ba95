/** docs/guides/prices.md, as it is written: its files, its commands, their output. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { CliFolder } from '#cli/test-run.ts';
import { parsePriceFile } from '#metering/price-file.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const guide = readFileSync(join(ROOT, 'docs', 'guides', 'prices.md'), 'utf8');

function shown(pattern: RegExp): string {
  const text = pattern.exec(guide)?.groups?.['text'];
  assert.ok(text !== undefined, `the guide shows no ${pattern.source}`);
  return text;
}

const folder = new CliFolder(shown(/```yaml\n# llmproxy\.yaml\n(?<text>[^]*?)```/u));
folder.write('list.json', shown(/```json\n(?<text>\{\n[^]*?)```/u));
after(() => folder.remove());

test('every command of the guide says what the guide says', async () => {
  const runs = guide.matchAll(/```sh\nbin\/llmproxy (?<args>.+)\n```\n\n```\n(?<out>[^]*?)```/gu);
  let count = 0;
  for (const { groups } of runs) {
    const args = (groups?.['args'] ?? '').split(' ');
    const { code, out, err } = await folder.run(args);
    assert.equal(`${out}${err}`.replaceAll(`${folder.dir}/`, ''), groups?.['out'], args.join(' '));
    assert.equal(code, args[1] === 'import' ? 1 : 0);
    count += 1;
  }
  assert.equal(count, 3);
});

test('the file that is written by hand is one that is read', () => {
  const text = shown(/by hand[^]*?```json\n(?<text>[^]*?)```/u);
  const read = parsePriceFile(text);
  assert.ok(read.ok && read.value.has('groq/openai/gpt-oss-120b'));
});
