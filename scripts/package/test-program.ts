/**
 * The program as it is installed, for tests that start it: what users run is a bundle and not the source,
 * and it starts in half the time, which a run of all tests does some hundred times.
 */
import { chmodSync, copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { bundlePackage, ROOT } from './bundle.ts';

const quoted = (path: string): string => `'${path.replaceAll("'", String.raw`'\''`)}'`;

export interface TestProgram {
  /** What is started. */
  readonly program: string;
  /** What Node is given. */
  readonly main: string;
}

/**
 * Builds the program of the tree `root` into a new folder `dir`. It runs on the Node that runs this.
 */
export async function buildTestProgram(dir: string, root: string = ROOT): Promise<TestProgram> {
  const [bin, flags] = [join(dir, 'bin'), join(dir, 'bin', 'node-flags')];
  mkdirSync(bin, { recursive: true });
  await bundlePackage(join(dir, 'dist'), root);
  writeFileSync(join(dir, 'package.json'), '{"type":"module"}\n');
  // The dashboard is built by the tests that need it.
  symlinkSync(join(ROOT, 'web'), join(dir, 'web'));
  copyFileSync(join(ROOT, 'bin', 'node-flags'), flags);
  const program = join(bin, 'llmproxy');
  const main = join(dir, 'dist', 'main.js');
  writeFileSync(
    program,
    `#!/bin/sh
: "\${NODE_COMPILE_CACHE:=${join(dir, 'compiled')}}"
export NODE_COMPILE_CACHE
exec ${quoted(process.execPath)} $(cat ${quoted(flags)}) --disable-sigusr1 ${quoted(main)} "$@"
`,
  );
  chmodSync(program, 0o755);
  return { program, main };
}
