/**
 * The program as esbuild joins it: into files of an npm package, or into the texts of a single binary.
 *
 * Nothing of the machine is in what comes out: paths are relative to the checkout, names of chunks are
 * hashes of what is in them. Names and lines stay readable, for stack traces and for who audits it.
 */
import { join } from 'node:path';

import { build, type BuildOptions, type Metafile } from 'esbuild';

export const ROOT = join(import.meta.dirname, '..', '..');
export const NODE_MAJOR = 24;

/** Each is started as a thread, by `src/runtime/own-files.ts`, under the last part of its name. */
export const THREADS = {
  'verify-thread': 'src/runtime/audit/verify-thread.ts',
  'index-thread': 'src/runtime/audit-index/index-thread.ts',
  'classifier-thread': 'src/runtime/classifier/classifier-thread.ts',
} as const;

const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  target: `node${NODE_MAJOR}`,
  charset: 'utf8',
  // Licences are collected from the tree, whole, into a file of their own.
  legalComments: 'none',
  // Optional parts of `pg` that need a compiler or another platform; it does without.
  external: ['pg-native', 'pg-cloudflare'],
  metafile: true,
  logLevel: 'error',
} as const satisfies BuildOptions;

/** Packages in CommonJS ask for built-in modules with `require`, which a module does not have. */
const REQUIRE = [
  "import { createRequire as ownRequire } from 'node:module';",
  'const require = ownRequire(import.meta.url);',
].join('\n');

/**
 * `main.js`, the threads, and chunks: what is loaded only when it is configured stays apart. `root`: of
 * another tree.
 */
export async function bundlePackage(outdir: string, root: string = ROOT): Promise<Metafile> {
  const { metafile } = await build({
    ...COMMON,
    absWorkingDir: root,
    entryPoints: { main: 'src/main.ts', ...THREADS },
    outdir,
    format: 'esm',
    splitting: true,
    chunkNames: 'chunk-[hash]',
    banner: { js: REQUIRE },
  });
  return metafile;
}

/** Scripts that are whole by themselves: a binary has no folder to load more from. */
export async function bundleBinary(outdir: string): Promise<Metafile> {
  const { metafile } = await build({
    ...COMMON,
    entryPoints: { main: 'src/main.ts', ...THREADS },
    outdir,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    // In a script it is empty, and `own-files.ts` asks first whether it is inside a binary.
    logOverride: { 'empty-import-meta': 'silent' },
  });
  return metafile;
}
