/**
 * `npm run build:binary`: the whole program as one file, in `build/binary`, for the system and the
 * processor that it is built on. Node's own single-executable support puts it together: the pinned
 * Node, the program as one script, and as assets the threads and the dashboard (migrations are in the
 * script). Why so, and what it is not: docs/decisions/0052-one-file-by-node.md.
 */
import {
  chmodSync,
  copyFileSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join, relative, sep } from 'node:path';

import { buildDashboard, type BuildOptions, manifest, run, sha256Of } from './build-package.ts';
import { bundleBinary, ROOT, THREADS } from './bundle.ts';
import { licencesText, type Platform, sbomText } from './papers.ts';
import { partsOf } from './parts.ts';

/** Where Node looks whether it carries a program: the names and the mark are Node's own. */
const BLOB = 'NODE_SEA_BLOB';
const FUSE = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

export interface Binary {
  readonly file: string;
  readonly sbom: string;
  readonly licences: string;
}

export async function buildBinary(into: string, { isFresh }: BuildOptions): Promise<Binary> {
  const work = join(into, 'work');
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const parts = partsOf(await bundleBinary(work));
  const blob = makeBlob(work, assetsOf(work, buildDashboard(isFresh)));
  const file = join(into, `llmproxy-${process.platform}-${process.arch}`);
  // Beside it and then renamed: the old one may run while the new one is built.
  rmSync(file, { force: true });
  copyFileSync(process.execPath, file);
  chmodSync(file, 0o755);
  inject(file, blob);
  const node = nodeItself();
  const [sbom, licences] = [`${file}.cdx.json`, `${file}.LICENSES.txt`];
  const purl = `pkg:generic/llmproxy@${manifest().version}?arch=${process.arch}&os=${process.platform}`;
  writeFileSync(sbom, sbomText(parts, { version: manifest().version, purl, more: [node] }));
  writeFileSync(licences, licencesText(parts, [node]));
  rmSync(work, { recursive: true, force: true });
  return { file, sbom, licences };
}

/** By the names that `src/runtime/own-files.ts` asks for. */
function assetsOf(work: string, dashboard: string): Readonly<Record<string, string>> {
  const threads = Object.keys(THREADS).map(
    (name) => [`threads/${name}.cjs`, join(work, `${name}.cjs`)] as const,
  );
  const names = globSync('**/*', { cwd: dashboard, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dashboard, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .sort();
  // A binary cannot list its assets.
  const list = join(work, 'web.txt');
  writeFileSync(list, names.join('\n'));
  const pages = names.map((name) => [`web/${name}`, join(dashboard, name)] as const);
  return Object.fromEntries([...threads, ...pages, ['web.txt', list]]);
}

function makeBlob(work: string, assets: Readonly<Record<string, string>>): string {
  const flags = readFileSync(join(ROOT, 'bin', 'node-flags'), 'utf8')
    .trim()
    .split(/\s+/u);
  const output = join(work, 'program.blob');
  const config = {
    // Its name is in stack traces; the folder that it is built in is not to be.
    main: 'main.cjs',
    output,
    disableExperimentalSEAWarning: true,
    useSnapshot: false,
    // What V8 makes ahead is another on each processor, and not the same when it is made again.
    useCodeCache: false,
    execArgv: [...flags, '--disable-sigusr1'],
    // `NODE_OPTIONS` of whoever starts it changes nothing: the program is the file.
    execArgvExtension: 'none',
    assets,
  };
  const file = join(work, 'sea.json');
  writeFileSync(file, JSON.stringify(config));
  run(process.execPath, ['--experimental-sea-config', file], work);
  return output;
}

/** In a process of its own: it compiles WebAssembly, which the flags of ours forbid. */
function inject(file: string, blob: string): void {
  const postject = join(ROOT, 'node_modules', 'postject', 'dist', 'cli.js');
  const mac = process.platform === 'darwin' ? ['--macho-segment-name', 'NODE_SEA'] : [];
  if (process.platform === 'darwin') run('codesign', ['--remove-signature', file], ROOT);
  run(process.execPath, [postject, file, BLOB, blob, '--sentinel-fuse', FUSE, ...mac], ROOT);
  // Without a signature of some kind that system starts nothing; a release signs it with its own.
  if (process.platform === 'darwin') run('codesign', ['--sign', '-', file], ROOT);
}

function nodeItself(): Platform {
  const licence = join(process.execPath, '..', '..', 'LICENSE');
  return {
    name: 'node',
    version: process.versions.node,
    license: 'MIT',
    licenseText: readFileSync(licence, 'utf8').trim(),
  };
}

if (import.meta.main) {
  const into = join(ROOT, 'build', 'binary');
  const { file } = await buildBinary(into, { isFresh: true });
  process.stdout.write(`${sha256Of(file)}  ${relative(ROOT, file)}\n`);
}
