import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';

import { PassThrough } from 'node:stream';

import { CliFolder, jsonLines } from './test-run.ts';

let folder: CliFolder;
beforeEach(() => {
  folder = new CliFolder();
});
afterEach(() => folder.remove());

test('writes a private file that is valid, its schema, and says what comes next', async () => {
  const { code, out, err } = await folder.run(['init', '--yes']);
  assert.equal(code, 0, err);
  assert.equal(fs.statSync(folder.path('llmproxy.yaml')).mode & 0o777, 0o600);
  assert.match(out, /llmproxy keys create --tenant main/u);
  assert.equal((await folder.run(['config', 'validate'])).code, 0);
  const schema: unknown = JSON.parse(folder.read('llmproxy.schema.json'));
  assert.deepEqual(schema, JSON.parse((await folder.run(['config', 'schema'])).out));
  assert.equal((await folder.run(['keys', 'create', '--tenant', 'main'])).code, 0);
});

test('never writes over a file, unless it is told to', async () => {
  folder.write('llmproxy.yaml', 'mine');
  const { code, err } = await folder.run(['init', '--yes']);
  assert.equal(code, 1);
  assert.match(err, /--force/u);
  assert.equal(folder.read('llmproxy.yaml'), 'mine');
  assert.equal((await folder.run(['init', '--yes', '--force'])).code, 0);
  assert.notEqual(folder.read('llmproxy.yaml'), 'mine');
});

test('takes the provider whose key is in the environment, by name: the key is not in the file', async () => {
  const key = ['sk', 'made', 'up', 'Zq81Lm52'].join('-');
  const env = { OPENAI_API_KEY: key };
  const { out } = await folder.run(['init', '--yes', '--dir', 'sub', '--json'], { env });
  const { file } = jsonLines(out)[0] ?? {};
  assert.equal(file, folder.path('sub/llmproxy.yaml'));
  const written = folder.read('sub/llmproxy.yaml');
  assert.ok(written.includes('apiKey: ${env:OPENAI_API_KEY}') && !written.includes(key));
  assert.equal(
    (await folder.run(['config', 'validate', '--config', 'sub/llmproxy.yaml'], { env })).code,
    0,
  );
});

/** Answers each question, named by a word of it, with keys; asserts that every one was asked. */
async function answer(answers: readonly (readonly [question: RegExp, keys: string])[]) {
  const stdin = new PassThrough();
  let seen = '';
  let next = 0;
  const result = await folder.run(['init'], {
    stdin,
    isTerminal: true,
    onOutput(piece) {
      seen += piece;
      const [question, keys] = answers[next] ?? [];
      if (question === undefined || !question.test(seen)) return;
      next += 1;
      seen = '';
      // The prompt listens once it has drawn itself.
      setImmediate(() => stdin.write(keys));
    },
  });
  assert.equal(next, answers.length, 'every question was asked');
  return result;
}

test('on a terminal it asks, and writes what was answered', async () => {
  const down = '\u001B[B';
  const { code } = await answer([
    [/provider comes first/u, '\r'],
    [/first tenant/u, '\u0015acme\r'],
    [/applications connect/u, '\r'],
    [/credentials/u, `${down}\r`],
  ]);
  assert.equal(code, 0);
  const written = folder.read('llmproxy.yaml');
  assert.match(written, /id: acme\b/u);
  assert.match(written, /type: secrets, on: \[request, reply\], mode: enforce, action: block/u);
});

test('Ctrl-C in the middle writes nothing', async () => {
  const { code, err } = await answer([
    [/provider comes first/u, '\r'],
    [/first tenant/u, '\u0003'],
  ]);
  assert.deepEqual([code, err], [1, 'nothing was written\n']);
  assert.deepEqual(fs.readdirSync(folder.dir), []);
});
