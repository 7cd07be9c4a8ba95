/** The npm package, as somebody has it who has nothing else: unpacked into an empty folder. */
import assert from 'node:assert/strict';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { VERSION } from '#cli/serve.ts';

import { buildPackage, manifest, run } from '../../scripts/package/build-package.ts';
import { CleanFolder, smoke, workersSmoke } from '../support/packaged.ts';

const into = mkdtempSync(join(tmpdir(), 'llmproxy-package-'));
const unpacked = join(into, 'unpacked', 'package');
after(() => rmSync(into, { recursive: true, force: true }));

before(async () => {
  const archive = await buildPackage(into, { isFresh: false });
  run('mkdir', [join(into, 'unpacked')], into);
  run('tar', ['-xzf', archive, '-C', join(into, 'unpacked')], into);
});

const read = (name: string): string => readFileSync(join(unpacked, name), 'utf8');
const LAUNCHER = join(unpacked, 'bin', 'llmproxy.cjs');

interface Component {
  readonly name: string;
  readonly 'bom-ref': string;
  readonly hashes: readonly { readonly content: string }[];
}
interface Sbom {
  readonly specVersion: string;
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: string[] }[];
}

describe('the npm package', () => {
  test('serves, answers, shows its pages, searches and verifies in an empty folder', async (t) => {
    const folder = new CleanFolder(process.execPath, LAUNCHER);
    t.after(() => folder.close());
    const { startMs } = await smoke(folder);
    t.diagnostic(`started in ${startMs.toFixed(0)} ms`);
  });

  test('begins workers that are itself, and verifies what they wrote', async (t) => {
    const folder = new CleanFolder(process.execPath, LAUNCHER);
    t.after(() => folder.close());
    await workersSmoke(folder);
  });

  test('installs nothing but itself, and runs nothing at its installation', () => {
    const about = JSON.parse(read('package.json')) as Record<string, unknown>;
    assert.equal(about['name'], 'llmproxy');
    assert.equal(about['version'], VERSION);
    assert.equal(manifest().version, VERSION);
    for (const name of ['dependencies', 'optionalDependencies', 'peerDependencies', 'scripts'])
      assert.equal(about[name], undefined);
    assert.deepEqual(about['engines'], { node: '>=24' });
    assert.ok(!existsSync(join(unpacked, 'node_modules')));
  });

  test('is started by npx from its archive', (t) => {
    const folder = new CleanFolder('npm');
    t.after(() => folder.close());
    const archive = join(into, `llmproxy-${VERSION}.tgz`);
    const flags = ['--prefix', folder.dir, '--offline', '--no-audit', '--no-fund'];
    run('npm', ['install', ...flags, archive], folder.dir);
    const linked = join(folder.dir, 'node_modules', '.bin', 'llmproxy');
    assert.equal(run(process.execPath, [linked, '--version'], folder.dir), `${VERSION}\n`);
  });

  test('says to a Node that is too old what to do', (t) => {
    const folder = new CleanFolder(process.execPath, '-e');
    t.after(() => folder.close());
    const old = `Object.defineProperty(process.versions, 'node', { value: '18.20.8' });`;
    const { code, err } = folder.run(`${old} require(${JSON.stringify(LAUNCHER)})`);
    assert.equal(code, 1);
    assert.match(err, /needs Node 24 or newer, and this one is 18\.20\.8\. Install Node 24/u);
    // Syntax that an old Node does not know would be all that it says.
    assert.doesNotMatch(read('bin/llmproxy.cjs'), /\?\.|\?\?|\bimport\b|#\w+;/u);
  });

  test('has no path of the machine that built it in it', () => {
    const files = globSync('**/*.{js,cjs,json,txt,html,css}', { cwd: unpacked });
    assert.ok(files.length > 10);
    const root = join(import.meta.dirname, '..', '..');
    for (const file of files) {
      const text = read(file);
      assert.ok(!text.includes(root) && !text.includes(into), file);
    }
  });

  test('says which parts are in it: CycloneDX, with the archive of each', () => {
    const sbom = JSON.parse(read('sbom.cdx.json')) as Sbom;
    assert.equal(sbom.specVersion, '1.6');
    const names = new Set(sbom.components.map(({ name }) => name));
    for (const name of ['zod', 'undici', 'pg', 'ioredis', 'jose', 'react', 'uplot', 'scheduler'])
      assert.ok(names.has(name), name);
    // What only develops it is not in it.
    for (const name of ['esbuild', 'typescript', 'vite', 'openai']) assert.ok(!names.has(name));
    const refs = new Set(sbom.components.map((part) => part['bom-ref']));
    assert.equal(refs.size, sbom.components.length);
    for (const { hashes } of sbom.components)
      assert.match(hashes[0]?.content ?? '', /^[0-9a-f]{128}$/u);
    assert.equal(sbom.dependencies.length, sbom.components.length + 1);
    for (const { dependsOn } of sbom.dependencies)
      for (const ref of dependsOn) assert.ok(refs.has(ref), ref);
  });

  test('has the licence of every part in it, and no part without one', () => {
    const text = read('THIRD-PARTY-LICENSES.txt');
    const { components } = JSON.parse(read('sbom.cdx.json')) as Sbom;
    for (const part of components) {
      const version = part['bom-ref'].slice(part['bom-ref'].lastIndexOf('@') + 1);
      assert.ok(text.includes(`\n${part.name} ${version} (`), part.name);
    }
    assert.ok(read('LICENSE').includes('Apache License'));
  });
});
