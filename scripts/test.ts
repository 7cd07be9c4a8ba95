/**
 * `npm test`: every suite, one after another, with one closing line of totals.
 *
 * A suite that cannot run fails. What is optional on a machine (a program that is not installed) is
 * named in the output as such, by the suite itself; nothing is skipped without a word. Of a suite that
 * starts the program, up to three files that failed are run once more, alone, and the last line says
 * which (decision 0060): a test that fails again has failed.
 *
 *   npm test                       everything, short forms
 *   npm run test:full              long forms as well (LLMPROXY_FULL=1)
 *   npm test -- --only unit,e2e    some suites
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';

import { buildTestProgram } from './package/test-program.ts';
import { filesToRunAgain } from './test-alone.ts';
import { type Suite, suites } from './test-suites.ts';

const root = join(import.meta.dirname, '..');
/** Those that the bootstrap started us with: tests run as the product does. */
const FLAGS = process.execArgv;

interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Failed beside others, and passed alone. */
  readonly again?: readonly string[];
}

const reports = mkdtempSync(join(tmpdir(), 'llmproxy-tests-'));

const MEMORY = '/dev/shm';
/** Browsers' profiles and logs of a whole suite are less. */
const MEMORY_BYTES_MIN = 2 ** 31;

/** A folder in memory, where there is one with room: a synced write there costs nothing. */
function memoryFolder(): string | null {
  try {
    const { bavail, bsize } = statfsSync(MEMORY);
    if (bavail * bsize < MEMORY_BYTES_MIN) return null;
    const folder = mkdtempSync(join(MEMORY, 'llmproxy-tests-'));
    // PostgreSQL runs as another user, in a folder of its own inside.
    chmodSync(folder, 0o711);
    return folder;
  } catch {
    return null;
  }
}

function runCheck({ command }: Suite): Outcome {
  const [program = '', ...args] = command;
  const { status } = spawnSync(program, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  return status === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

/** Hooks of a whole file, and clocks and modules that are replaced, would be those of its neighbours too. */
const HAS_HOOKS = /^(?:before|after|beforeEach|afterEach)\(|\bmock\.|process\.(?:exit|chdir)\b/mu;
/** Its neighbours would be measured with it. */
const MEASURES = /\bmemoryUsage\b|\bperformance\.now\b|\bpercentile\(|\bgetActiveResources|\bgc\(/u;

/** Files that import others, which are run in the order of their names, and those that have to be alone. */
function planned({ name, files = [], shares = 0, longest = [], starts = false }: Suite): string[] {
  const isLong = (file: string): boolean =>
    longest.some((long) => file.endsWith(`/${long}.test.ts`));
  const isAlone = (file: string): boolean => {
    const text = readFileSync(join(root, file), 'utf8');
    return shares === 0 || HAS_HOOKS.test(text) || (starts && MEASURES.test(text));
  };
  const kindOf = (file: string): 'long' | 'alone' | 'together' => {
    if (isLong(file)) return 'long';
    return isAlone(file) ? 'alone' : 'together';
  };
  const { long = [], alone = [], together = [] } = Object.groupBy(files, kindOf);
  const importing = (label: string, own: readonly string[]): string => {
    const path = join(reports, `${name}-${label}.mjs`);
    const line = (file: string): string =>
      `import ${JSON.stringify(pathToFileURL(join(root, file)))};`;
    writeFileSync(path, own.map(line).join('\n'));
    return path;
  };
  const shared = Array.from({ length: together.length === 0 ? 0 : shares }, (_, share) =>
    importing(
      `1-${share}`,
      together.filter((_file, index) => index % shares === share),
    ),
  );
  return [...long.map((file, index) => importing(`0-${index}`, [file])), ...shared, ...alone];
}

function runTests(suite: Suite): Outcome {
  const { name, atOnce = 2, isOnDisk = false } = suite;
  const files = planned(suite);
  if (files.length === 0) {
    process.stdout.write(`  no file for the suite ${name}: that is a failure\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const folder = isOnDisk ? null : memoryFolder();
  try {
    const report = join(reports, `${name}.tap`);
    const first = runFiles(files, { report, atOnce, folder });
    if (first.failed === 0 || first.skipped > 0) return first;
    if (suite.starts !== true) return first;
    const own = new Set((suite.files ?? []).map((file) => join(root, file)));
    const failed = filesToRunAgain(readFileSync(report, 'utf8'), own);
    if (failed === null) return first;
    for (const [index, file] of failed.entries()) {
      process.stdout.write(`\n   again, alone: ${relative(root, file)}\n`);
      const alone = join(reports, `${name}-alone-${index}.tap`);
      if (runFiles([file], { report: alone, atOnce: 1, folder }).failed > 0) return first;
    }
    return { passed: first.passed + first.failed, failed: 0, skipped: 0, again: failed };
  } finally {
    if (folder !== null) rmSync(folder, { recursive: true, force: true });
  }
}

interface Run {
  readonly report: string;
  readonly atOnce: number;
  /** Of temporary files; null: where they always are. */
  readonly folder: string | null;
}

function runFiles(files: readonly string[], { report, atOnce, folder }: Run): Outcome {
  const args = [
    ...FLAGS,
    '--test',
    `--test-concurrency=${atOnce}`,
    '--test-timeout=300000',
    '--test-reporter=dot',
    '--test-reporter-destination=stdout',
    '--test-reporter=tap',
    `--test-reporter-destination=${report}`,
    ...files,
  ];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    env: folder === null ? process.env : { ...process.env, TMPDIR: folder },
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const tap = readFileSync(report, 'utf8');
  const count = (what: string): number =>
    Number(new RegExp(`^# ${what} (\\d+)$`, 'mu').exec(tap)?.[1] ?? 0);
  const [passed, failed, skipped] = [
    count('pass'),
    count('fail') + count('cancelled'),
    count('skipped'),
  ];
  // A runner that ended badly without counting a failure has still failed.
  const unseen = status !== 0 && failed === 0 ? 1 : 0;
  // Nothing may be skipped: what is optional passes with a line that says that it did not run.
  return { passed, failed: failed + unseen + skipped, skipped };
}

function chosen(): readonly Suite[] {
  const at = process.argv.indexOf('--only');
  if (at === -1) return suites;
  const names = (process.argv[at + 1] ?? '').split(',');
  return suites.filter(({ name }) => names.includes(name));
}

if (process.argv.includes('--full')) process.env['LLMPROXY_FULL'] = '1';

const programs = mkdtempSync(join(tmpdir(), 'llmproxy-program-'));
process.on('exit', () => rmSync(programs, { recursive: true, force: true }));
if (chosen().some(({ starts }) => starts)) {
  const { program, main } = await buildTestProgram(programs);
  process.env['LLMPROXY_TEST_PROGRAM'] = program;
  process.env['LLMPROXY_TEST_MAIN'] = main;
}

const total = { passed: 0, failed: 0, skipped: 0, again: [] as string[] };
for (const suite of chosen()) {
  const startMs = performance.now();
  process.stdout.write(`\n== ${suite.name}\n`);
  const outcome = suite.kind === 'check' ? runCheck(suite) : runTests(suite);
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  total.skipped += outcome.skipped;
  total.again.push(...(outcome.again ?? []));
  const seconds = ((performance.now() - startMs) / 1_000).toFixed(1);
  process.stdout.write(
    `\n   ${suite.name}: ${outcome.passed} passed, ${outcome.failed} failed, ${seconds} s\n`,
  );
}
process.stdout.write(
  `\n${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`,
);
if (total.again.length > 0)
  process.stdout.write(
    `passed only when run again, alone: ${total.again.map((file) => relative(root, file)).join(', ')}\n`,
  );
process.exit(total.failed === 0 && total.passed > 0 ? 0 : 1);
