/** The program as one file, where there is nothing else, and its papers. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { VERSION } from '#cli/serve.ts';

import { type Binary, buildBinary } from '../../scripts/package/build-binary.ts';
import { sha256Of } from '../../scripts/package/build-package.ts';
import { ROOT } from '../../scripts/package/bundle.ts';
import { BASE, bearer, chat, DEMO, post } from '../support/house.ts';
import { classifierFiles } from '../support/onnx-file.ts';
import { CleanFolder, smoke, workersSmoke } from '../support/packaged.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually } from '../support/programs.ts';
import { openTestValkey } from '../support/valkey.ts';

const into = mkdtempSync(join(tmpdir(), 'llmproxy-binary-'));
after(() => rmSync(into, { recursive: true, force: true }));

let built: Binary;
before(async () => {
  built = await buildBinary(into, { isFresh: false });
});

describe('the single binary', () => {
  test('serves, answers, shows its pages, searches and verifies in an empty folder', async (t) => {
    const folder = new CleanFolder(built.file);
    t.after(() => folder.close());
    const { startMs } = await smoke(folder);
    t.diagnostic(`started in ${startMs.toFixed(0)} ms`);
    // Beside its data it has written nothing.
    assert.deepEqual(globSync('*', { cwd: folder.dir }), ['llmproxy-data']);
    const data = join(folder.dir, 'llmproxy-data');
    const [segment = ''] = globSync(join(data, 'audit', '**', '*.log')).sort();
    const bytes = readFileSync(segment);
    bytes.writeUInt8(bytes.readUInt8(bytes.length >> 1) ^ 1, bytes.length >> 1);
    writeFileSync(segment, bytes);
    assert.equal(folder.run('audit', 'verify', data).code, 2, 'an altered log is told by its code');
  });

  test('REL-01: built again in another folder it is the same, to the byte', async (t) => {
    const other = mkdtempSync(join(tmpdir(), 'llmproxy-binary-again-'));
    t.after(() => rmSync(other, { recursive: true, force: true }));
    const again = await buildBinary(other, { isFresh: false });
    for (const part of ['file', 'sbom', 'licences'] as const)
      assert.equal(sha256Of(again[part]), sha256Of(built[part]), part);
  });

  test('begins workers that are itself, and verifies what they wrote', async (t) => {
    const folder = new CleanFolder(built.file);
    t.after(() => folder.close());
    await workersSmoke(folder);
  });

  test('works over PostgreSQL and Valkey', async (t) => {
    const [postgres, valkey] = await Promise.all([openTestPostgres(), openTestValkey()]);
    t.after(() => Promise.all([postgres.close(), valkey.close()]));
    const folder = new CleanFolder(built.file);
    t.after(() => folder.close());
    await workersSmoke(
      folder,
      `storage: { type: postgres, url: "${await postgres.database()}" }
counters: { type: valkey, url: "${valkey.url}", deadline: 2s }`,
    );
  });

  test('ends with the codes that are documented', (t) => {
    const folder = new CleanFolder(built.file);
    t.after(() => folder.close());
    assert.deepEqual(folder.run('--version'), { code: 0, out: `${VERSION}\n`, err: '' });
    assert.equal(folder.run('no-such-command').code, 2);
    assert.equal(folder.run('serve').code, 1, 'without a file');
    assert.equal(folder.run('health', '--timeout', '500', '--url', 'http://127.0.0.1:9/').code, 1);
  });

  test('asks a classifier of the operator, in its thread', async (t) => {
    const folder = new CleanFolder(built.file);
    t.after(() => folder.close());
    const { model, tokenizer } = classifierFiles();
    const yaml = `version: 1
server: { listen: "127.0.0.1:0" }
admin: { listen: "127.0.0.1:0" }
${DEMO}
${BASE}
guards:
  - { name: own, type: onnx, model: "${model}", tokenizer: "${tokenizer}", labels: [benign, injection],
      find: [injection], threshold: 0.8, runtime: "${ROOT}", timeout: 10s }
`;
    writeFileSync(join(folder.dir, 'llmproxy.yaml'), yaml);
    const serving = await folder.serve();
    const made = folder.run('keys', 'create', '--tenant', 'acme', '--user', 'ann', '--json');
    const { key } = JSON.parse(made.out) as { readonly key: string };
    const say = (text: string): Promise<number> =>
      post(`${serving.url}/v1/chat/completions`, chat(text), bearer(key)).then(
        ({ status }) => status,
      );
    assert.equal(await eventually(() => say('a bird')), 200);
    assert.equal(await say('a falcon'), 400);
    assert.equal(await serving.stop(), 0);
  });

  test('is what the file says, whatever the environment asks of Node', (t) => {
    const folder = new CleanFolder(built.file);
    t.after(() => folder.close());
    const planted = join(folder.dir, 'planted.cjs');
    writeFileSync(planted, 'process.stdout.write("planted");');
    const env = { NODE_OPTIONS: `--require=${planted}` };
    const ran = spawnSync(built.file, ['--version'], { env, encoding: 'utf8' });
    assert.equal(ran.stdout, `${VERSION}\n`);
    // The same variable does reach a plain Node: the one above is not just unheard.
    const plain = spawnSync(process.execPath, ['-p', '1'], { env, encoding: 'utf8' });
    assert.match(plain.stdout, /planted/u);
  });

  test('runs with the flags that the program is started with everywhere else', () => {
    const flags = readFileSync(join(ROOT, 'bin', 'node-flags'), 'utf8')
      .trim()
      .split(/\s+/u);
    const text = readFileSync(built.file, 'latin1');
    for (const flag of [...flags, '--disable-sigusr1']) {
      const last = text.lastIndexOf(flag);
      assert.ok(last > 0.9 * text.length, `${flag} is in the part that was put in`);
    }
    assert.ok(!text.includes(ROOT) && !text.includes(into), 'no path of the machine that built it');
  });

  test('says which parts are in it, Node too, and has the licence of each', () => {
    const sbom = JSON.parse(readFileSync(built.sbom, 'utf8')) as {
      readonly components: readonly { readonly name: string; readonly version: string }[];
    };
    const licences = readFileSync(built.licences, 'utf8');
    const node = sbom.components.find(({ name }) => name === 'node');
    assert.equal(node?.version, process.versions.node);
    for (const name of ['zod', 'pg', 'ioredis', 'react'])
      assert.ok(
        sbom.components.some((part) => part.name === name),
        name,
      );
    for (const { name, version } of sbom.components)
      assert.ok(licences.includes(`\n${name} ${version} (`), name);
  });
});
