/** A real thread with a real session of the ONNX runtime, on a model that is written here. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';

import { guardContract } from '#policy/guards/guard.contract.ts';
import { type ClassifierOptions, NO_WORLD } from '#policy/guards/guard.ts';
import { onnxGuard } from '#policy/guards/onnx/onnx.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { classifierFiles } from '../../../tests/support/onnx-file.ts';
import { ClassifierPort, type ClassifierPortOptions } from './classifier-port.ts';
import { findPackages } from './find-packages.ts';

const packages = findPackages(null, [process.cwd()]);
const NO_SIGNAL = new AbortController().signal;

const optionsOf = (changes: Partial<ClassifierOptions> = {}): ClassifierOptions => ({
  ...classifierFiles(),
  runtime: null,
  sha256: { model: null, tokenizer: null },
  outputs: 2,
  output: null,
  activation: 'softmax',
  tokensMax: 16,
  overlapTokens: 4,
  threads: 1,
  heapMbMax: 256,
  queueMax: 8,
  ...changes,
});

function portOf(
  t: TestContext,
  changes: Partial<ClassifierOptions> = {},
  more: Partial<ClassifierPortOptions> = {},
) {
  const events: string[] = [];
  const port = new ClassifierPort({
    thread: { ...optionsOf(changes), packages },
    timeoutMs: 10_000,
    onEvent: (reason) => void events.push(reason),
    ...more,
  });
  t.after(() => port.close());
  return { port, events, ask: (text: string) => port.open(NO_SIGNAL).classify(text) };
}

const isFound = async (asked: Promise<readonly number[]>): Promise<boolean> =>
  ((await asked)[1] ?? Number.NaN) > 0.5;

describe('a real model', () => {
  test('finds its word, in one window and across many, and passes what is near it', async (t) => {
    const { port, ask } = portOf(t);
    await port.ready();
    assert.equal(await isFound(ask('A FALCON')), true);
    assert.equal(await isFound(ask('a bird')), false);
    assert.equal(await isFound(ask('fal con')), false);
    assert.equal(await isFound(ask('')), false);
    const words = 'word '.repeat(300);
    for (const at of [0, 12, 13, 14, 15, 500, 1_500]) {
      const text = `${words.slice(0, at - (at % 5))}falcon ${words}`;
      assert.equal(await isFound(ask(text)), true, `${at}`);
    }
    assert.equal(await isFound(ask(words)), false);
    const scores = await ask('a falcon');
    // Two outputs, 0 and 4, through a softmax.
    assert.ok(Math.abs((scores[1] ?? 0) - 1 / (1 + Math.exp(-4))) < 1e-5);
    assert.ok(Math.abs(scores.reduce((sum, score) => sum + score, 0) - 1) < 1e-5);
  });

  test('SentencePiece pieces are read as well', async (t) => {
    const { port, ask } = portOf(t, classifierFiles('unigram'));
    await port.ready();
    assert.equal(await isFound(ask('a falcon')), true);
    assert.equal(await isFound(ask('a bird fal con')), false);
  });

  test('a sigmoid and no activation', async (t) => {
    const sigmoid = portOf(t, { activation: 'sigmoid' });
    await sigmoid.port.ready();
    assert.ok(Math.abs(((await sigmoid.ask('falcon'))[0] ?? 0) - 0.5) < 1e-6);
    const none = portOf(t, { activation: 'none' });
    await none.port.ready();
    assert.equal((await none.ask('falcon'))[1], 4);
  });
});

const contracted = new ClassifierPort({
  thread: { ...optionsOf({ queueMax: 64, tokensMax: 512, overlapTokens: 64 }), packages },
  timeoutMs: 60_000,
  onEvent: () => {},
});
await contracted.ready();
after(() => contracted.close());
const { labels, find } = { labels: ['benign', 'injection'], find: ['injection'] };
const section = onnxGuard.config.parse({ model: 'm', tokenizer: 't', labels, find });

/** The law of streams, with every question put to the real thread. */
guardContract(
  onnxGuard.create(section, { ...NO_WORLD, classifier: () => contracted }),
  {
    found: ' falcon ',
    nearMiss: 'falco n ',
    pieces: [' falcon ', 'fal', 'con', ' ', 'a bird', 'x '.repeat(400)],
  },
  120,
);

describe('files that cannot be used are the operator’s problem, in words', () => {
  const digest = (path: string) => createHash('sha256').update(readFileSync(path)).digest('hex');
  const files = classifierFiles();
  const right = { model: digest(files.model), tokenizer: digest(files.tokenizer) };

  test('the files that are named by their hash are taken', async (t) => {
    await portOf(t, { ...files, sha256: right }).port.ready();
  });

  const broken = join(files.dir, 'broken.onnx');
  writeFileSync(broken, 'no model');
  const notJson = join(files.dir, 'broken.json');
  writeFileSync(notJson, '{"model": {"type": "Abacus"}}');
  const cases: [string, Partial<ClassifierOptions>, RegExp][] = [
    ['another model', { sha256: { ...right, model: '0'.repeat(64) } }, /sha256 names/u],
    ['another tokenizer', { sha256: { ...right, tokenizer: '0'.repeat(64) } }, /sha256 names/u],
    ['no file', { model: join(files.dir, 'none') }, /cannot be read/u],
    ['no ONNX', { model: broken }, /no ONNX file/u],
    ['a tokenizer of no known kind', { tokenizer: notJson }, /tokenizer cannot be used/u],
    ['another number of labels', { outputs: 3 }, /2 outputs, and labels names 3/u],
    ['an output that is not there', { output: 'nothing' }, /no such output/u],
    ['inputs of an image', classifierFiles('wordPiece', ['input_ids', 'pixels']), /inputs/u],
  ];
  for (const [what, changes, said] of cases) {
    test(what, async (t) => {
      const { port } = portOf(t, { ...files, ...changes });
      await assert.rejects(port.ready(), (thrown: unknown) => {
        assert.ok(thrown instanceof ConfigProblem);
        assert.match(thrown.message, said);
        return true;
      });
      await assert.rejects(port.open(NO_SIGNAL).classify('a bird'), 'nothing passes meanwhile');
    });
  }

  test('packages that are not there: the field, and what to run', () => {
    const empty = mkdtempSync(join(tmpdir(), 'llmproxy-empty-'));
    assert.throws(
      () => findPackages(empty, []),
      (thrown: unknown) => {
        assert.ok(thrown instanceof ConfigProblem);
        assert.deepEqual(thrown.path, ['runtime']);
        assert.match(thrown.message, /npm install --prefix .* onnxruntime-node/u);
        return true;
      },
    );
    rmSync(empty, { recursive: true });
  });
});

test('a package above the folder is not taken: anybody may have put it there', () => {
  const above = mkdtempSync(join(tmpdir(), 'llmproxy-above-'));
  for (const name of ['onnxruntime-node', '@huggingface/tokenizers']) {
    const dir = join(above, 'node_modules', name);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'package.json'), JSON.stringify({ name, main: 'main.js' }));
    writeFileSync(join(dir, 'main.js'), '');
  }
  const folder = join(above, 'gateway');
  mkdirSync(folder);
  assert.throws(() => findPackages(folder, []), ConfigProblem);
  assert.ok(findPackages(above, []).runtime.endsWith('main.js'), 'in the folder itself it is');
  rmSync(above, { recursive: true });
});

/** A thread that does what a text tells it. */
const HOSTILE = `
import { parentPort } from 'node:worker_threads';
parentPort.on('message', ({ id, text }) => {
  if (text === 'exit') process.exit(1);
  if (text === 'throw') throw new Error('a text: ' + text);
  if (text === 'spin') for (;;);
  if (text === 'grow') { const all = []; for (;;) all.push(new Array(100000).fill(id)); }
  if (text === 'wait') setTimeout(() => parentPort.postMessage({ kind: 'scores', id, scores: [1, 0] }), 300);
  if (text === 'fail') parentPort.postMessage({ kind: 'failed', id });
  if (text === 'env') parentPort.postMessage({ kind: 'scores', id, scores: [Object.keys(process.env).length, 0] });
  if (text === 'fine') parentPort.postMessage({ kind: 'scores', id, scores: [1, 0] });
});
parentPort.postMessage({ kind: 'ready' });
`;

describe('a thread that misbehaves', () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-thread-'));
  const entry = pathToFileURL(join(dir, 'thread.mjs'));
  writeFileSync(entry, HOSTILE);
  const hostile = (t: TestContext, more: Partial<ClassifierPortOptions> = {}, queueMax = 8) =>
    portOf(t, { queueMax, heapMbMax: 64 }, { entry, ...more });

  const comesBack = async (ask: (text: string) => Promise<readonly number[]>): Promise<void> => {
    const untilMs = performance.now() + 20_000;
    for (;;) {
      const answer = await ask('fine').catch(() => null);
      if (answer !== null) return;
      assert.ok(performance.now() < untilMs, 'it does not come back');
      await delay(50);
    }
  };

  for (const how of ['exit', 'throw', 'grow']) {
    test(`that ends (${how}) answers nobody, and another takes its place`, async (t) => {
      const { port, ask, events } = hostile(t);
      await port.ready();
      const asked = [ask(how), ask('fine'), ask('fine')];
      const ends = await Promise.allSettled(asked);
      assert.deepEqual(
        ends.map(({ status }) => status),
        ['rejected', 'rejected', 'rejected'],
      );
      await assert.rejects(ask('fine'), 'nothing passes until the next one answers');
      assert.deepEqual(events, ['the thread of a classifier ended']);
      assert.ok(!JSON.stringify(ends).includes('a text'), 'no word of the text');
      await comesBack(ask);
    });
  }

  test('that spins is ended after its time, and another takes its place', async (t) => {
    const { port, ask, events } = hostile(t, { timeoutMs: 300 });
    await port.ready();
    const startMs = performance.now();
    await assert.rejects(ask('spin'));
    assert.ok(performance.now() - startMs < 1_500, 'the caller waits for its own time only');
    await assert.rejects(ask('fine'), 'behind it nobody is answered');
    await comesBack(ask);
    assert.deepEqual(events, ['the thread of a classifier hangs']);
  });

  test('a question that fails is the failure of that question alone', async (t) => {
    const { port, ask } = hostile(t);
    await port.ready();
    await assert.rejects(ask('fail'));
    assert.deepEqual(await ask('fine'), [1, 0]);
  });

  test('no more wait than the queue holds; who gives up is not asked for', async (t) => {
    const { port, ask } = hostile(t, {}, 2);
    await port.ready();
    const [first, second] = [ask('wait'), ask('fine')];
    await assert.rejects(ask('fine'), 'the third');
    assert.deepEqual(await Promise.all([first, second]), [
      [1, 0],
      [1, 0],
    ]);
    const leaving = new AbortController();
    const left = [ask('wait'), port.open(leaving.signal).classify('exit')];
    leaving.abort();
    await assert.rejects(left[1] ?? Promise.resolve());
    await left[0];
    assert.deepEqual(await ask('fine'), [1, 0], 'what was given up never ran');
  });

  test('it has none of the gateway’s variables, which are secrets', async (t) => {
    const { port, ask } = hostile(t);
    await port.ready();
    assert.deepEqual(await ask('env'), [0, 0]);
  });

  test('it does not keep a process that is done from ending', () => {
    const file = join(import.meta.dirname, 'classifier-port.ts');
    const script = `
      const { ClassifierPort } = await import(${JSON.stringify(file)});
      const thread = ${JSON.stringify({ ...optionsOf(), packages })};
      const entry = new URL(${JSON.stringify(entry.href)});
      const port = new ClassifierPort({ thread, timeoutMs: 1_000, onEvent() {}, entry });
      await port.ready();
      console.log(await port.open(new AbortController().signal).classify('fine'));
    `;
    const main = join(dir, 'main.mjs');
    writeFileSync(main, script);
    const options = { encoding: 'utf8', timeout: 20_000 } as const;
    const { stdout, stderr, status } = spawnSync(process.execPath, [main], options);
    assert.match(stdout, /\[ 1, 0 \]/u, stderr);
    assert.equal(status, 0, 'it was ended by the time limit');
  });

  test('closing ends it and whoever waits', async (t) => {
    const { port, ask } = hostile(t);
    await port.ready();
    const asked = ask('spin');
    await Promise.all([assert.rejects(asked), port.close()]);
    await assert.rejects(ask('fine'));
  });
});
