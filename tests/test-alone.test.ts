/** What `npm test` runs once more, alone: few files, of its own suite, that failed beside others. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { AGAIN_FILES_MAX, filesToRunAgain } from '../scripts/test-alone.ts';

const root = mkdtempSync(join(tmpdir(), 'test-alone-'));
after(() => rmSync(root, { recursive: true }));

const PASSING = `import { test } from 'node:test';\ntest('fine', () => {});\n`;
const FAILING = `import { test } from 'node:test';
test('outer', async (t) => { await t.test('not ok 1 - inner', () => { throw new Error('no'); }); });
`;

/** The report of files that are imported by one, as those are that share a process. */
function reportOf(texts: Readonly<Record<string, string>>): { tap: string; own: Set<string> } {
  const own = new Set<string>();
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(root, name), text);
    own.add(join(root, name));
  }
  const all = join(root, 'all.mjs');
  writeFileSync(all, [...own].map((file) => `import ${JSON.stringify(file)};`).join('\n'));
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT'];
  const { stdout } = spawnSync(process.execPath, ['--test', '--test-reporter=tap', all], {
    env,
    encoding: 'utf8',
    timeout: 60_000,
  });
  return { tap: stdout, own };
}

test('the file that failed is named, though a process ran several', () => {
  const { tap, own } = reportOf({ 'a.test.mjs': PASSING, 'b.test.mjs': FAILING });
  assert.match(tap, /^# fail 2$/mu);
  assert.deepEqual(filesToRunAgain(tap, own), [join(root, 'b.test.mjs')]);
  assert.equal(filesToRunAgain(tap, new Set([join(root, 'a.test.mjs')])), null, 'of the suite');
});

test('a test of a contract is of each file of the suite that has the contract', () => {
  const contract = join(root, 'kind.contract.ts');
  writeFileSync(contract, FAILING.replace(/^test\(/mu, 'export const kind = () => test('));
  const using = `import { kind } from './kind.contract.ts';\nkind();\n`;
  const { tap, own } = reportOf({ 'd.test.mjs': using, 'e.test.mjs': PASSING });
  assert.deepEqual(filesToRunAgain(tap, own), [join(root, 'd.test.mjs')]);
  const others = new Set([join(root, 'e.test.mjs')]);
  assert.equal(filesToRunAgain(tap, others), null, 'nobody of the suite has it');
});

test('nothing is run again when all passed, or when more failed than company explains', () => {
  const { tap, own } = reportOf({ 'a.test.mjs': PASSING });
  assert.equal(filesToRunAgain(tap, own), null);
  const names = Array.from({ length: AGAIN_FILES_MAX + 1 }, (_, index) => `f${index}.test.mjs`);
  const many = reportOf(Object.fromEntries(names.map((name) => [name, FAILING])));
  assert.equal(filesToRunAgain(many.tap, many.own), null);
});

test('a file that ends before its tests is not run again: nobody says where it failed', () => {
  const { tap, own } = reportOf({ 'c.test.mjs': `${PASSING}process.exit(3);\n` });
  assert.match(tap, /^not ok/mu);
  assert.equal(filesToRunAgain(tap, own), null);
});
