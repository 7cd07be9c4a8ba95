/**
 * `npm run bench`: every benchmark, one after another, each in a fresh process, one JSON line each.
 * A benchmark that needs a program which is not installed says so and is named as not run.
 *
 *   npm run bench                    all of them
 *   npm run bench -- nginx guards    some of them
 */
import { spawnSync } from 'node:child_process';
import { globSync } from 'node:fs';
import { basename, join } from 'node:path';

/** Those that the bootstrap started us with: what is measured runs as the product does. */
const FLAGS = process.execArgv;
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  nginx: ['nginx', 'wrk'],
  workers: ['nginx', 'wrk'],
};
/** Benchmarks that are run once more in another form. */
const FORMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'decision-path': [[], ['guards']],
  authorise: [[], ['plain'], ['absent'], ['layers']],
  'audit-search': [['sqlite'], ['postgres']],
};
const LIMIT_MS = 300_000;

const isThere = (program: string): boolean =>
  spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const wanted = process.argv.slice(2);
const files = globSync('*.bench.ts', { cwd: import.meta.dirname }).sort();
let failed = 0;
for (const file of files) {
  const name = basename(file, '.bench.ts');
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const missing = (NEEDS[name] ?? []).filter((program) => !isThere(program));
  if (missing.length > 0) {
    process.stdout.write(
      `${JSON.stringify({ bench: name, notRun: `needs ${missing.join(', ')}` })}\n`,
    );
    continue;
  }
  for (const args of FORMS[name] ?? [[]]) {
    const { status } = spawnSync(
      process.execPath,
      [...FLAGS, join(import.meta.dirname, file), ...args],
      { stdio: ['ignore', 'inherit', 'inherit'], timeout: LIMIT_MS },
    );
    if (status !== 0) failed += 1;
  }
}
process.exit(failed === 0 ? 0 : 1);
