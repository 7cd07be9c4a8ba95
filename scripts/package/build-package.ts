/**
 * `npm run build:package`: the npm package, in `build/package`, and its archive beside it.
 *
 * One package with no dependencies: what it needs is in it, so that installing it runs nothing and
 * downloads nothing more. Built twice from one commit it is the same to the byte
 * (REL-01 in tests/packages/container.test.ts).
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { bundlePackage, NODE_MAJOR, ROOT } from './bundle.ts';
import { licencesText, sbomText } from './papers.ts';
import { partsOf } from './parts.ts';

export interface Manifest {
  readonly version: string;
  readonly description: string;
  readonly license: string;
}

export const manifest = (): Manifest =>
  JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as Manifest;

/** The dashboard; `isFresh`: what an earlier build left is not trusted. */
export function buildDashboard(isFresh: boolean): string {
  const dir = join(ROOT, 'web', 'dist');
  if (!isFresh && existsSync(join(dir, 'index.html'))) return dir;
  run(process.execPath, [join(ROOT, 'scripts', 'build.ts')], ROOT);
  return dir;
}

export function run(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { cwd, encoding: 'utf8' });
  if (status !== 0)
    throw new Error(`${program} ${args[0] ?? ''} failed: ${error?.message ?? stderr}`);
  return stdout;
}

export interface BuildOptions {
  readonly isFresh: boolean;
}

/** Returns the archive. */
export async function buildPackage(into: string, { isFresh }: BuildOptions): Promise<string> {
  const dir = join(into, 'package');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(join(dir, 'bin'), { recursive: true });
  const { version, description, license } = manifest();
  const parts = partsOf(await bundlePackage(join(dir, 'dist')));
  cpSync(buildDashboard(isFresh), join(dir, 'web', 'dist'), { recursive: true });
  for (const name of ['LICENSE', 'README.md']) copyFileSync(join(ROOT, name), join(dir, name));
  copyFileSync(join(ROOT, 'bin', 'node-flags'), join(dir, 'bin', 'node-flags'));
  const launcher = join(dir, 'bin', 'llmproxy.cjs');
  copyFileSync(join(ROOT, 'bin', 'package-launcher.cjs'), launcher);
  chmodSync(launcher, 0o755);
  const about = {
    name: 'llmproxy',
    version,
    description,
    license,
    type: 'module',
    engines: { node: `>=${NODE_MAJOR}` },
    bin: { llmproxy: 'bin/llmproxy.cjs' },
    files: ['bin', 'dist', 'web', 'THIRD-PARTY-LICENSES.txt', 'sbom.cdx.json'],
  };
  writeFileSync(join(dir, 'package.json'), `${JSON.stringify(about, null, 2)}\n`);
  writeFileSync(join(dir, 'THIRD-PARTY-LICENSES.txt'), licencesText(parts));
  const purl = `pkg:npm/llmproxy@${version}`;
  writeFileSync(join(dir, 'sbom.cdx.json'), sbomText(parts, { version, purl, more: [] }));
  // npm writes archives without times, users or the order of a folder.
  run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', into], dir);
  return join(into, `llmproxy-${version}.tgz`);
}

export const sha256Of = (file: string): string =>
  createHash('sha256').update(readFileSync(file)).digest('hex');

if (import.meta.main) {
  const into = join(ROOT, 'build');
  mkdirSync(into, { recursive: true });
  const archive = await buildPackage(into, { isFresh: true });
  process.stdout.write(`${sha256Of(archive)}  ${archive.slice(ROOT.length + 1)}\n`);
}
