/**
 * The thread of one classifier: reads the files, checks that they are the right ones, and answers one
 * question at a time. It is started by `classifier-port.ts`, which ends it when it is late.
 */
import { createHash } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { parentPort, workerData } from 'node:worker_threads';

import { assert } from '#stdx/assert.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import type { Question, Said, ThreadOptions } from './protocol.ts';
import { isOnnxRuntime, type Model, type OnnxRuntime, openModel } from './onnx-model.ts';
import { type EncoderPackage, isEncoderPackage, openEncoder } from './text-encoder.ts';
import { Unfit } from './unfit.ts';

/** A buffer of Node's cannot be larger; models with weights beside them are not read. */
const MODEL_BYTES_MAX = 2_000_000_000;
const TOKENIZER_BYTES_MAX = 64 * 1_024 * 1_024;

// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const options = workerData as ThreadOptions;
const port = parentPort;
assert(port !== null, 'this file runs as a thread');
const say = (said: Said): void => port.postMessage(said);

/** The bytes that are checked are the bytes that run: a file that changes in between does not. */
function readChecked(path: string, sha256: string | null, bytesMax: number): Buffer {
  let bytes: Buffer;
  try {
    if (statSync(path).size > bytesMax) throw new Unfit(`${path} is too large`);
    bytes = readFileSync(path);
  } catch (thrown) {
    if (thrown instanceof Unfit) throw thrown;
    throw new Unfit(`${path} cannot be read`);
  }
  const actual = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== null && actual !== sha256) {
    throw new Unfit(`${path} is not the file that sha256 names; it has ${actual}`);
  }
  return bytes;
}

function load(file: string): unknown {
  try {
    return createRequire(file)(file);
  } catch {
    throw notUsable(file);
  }
}

const notUsable = (file: string): Unfit =>
  new Unfit(`the package at ${file} cannot be used on this machine`);

function encoderPackage(file: string): EncoderPackage {
  const loaded = load(file);
  if (!isEncoderPackage(loaded)) throw notUsable(file);
  return loaded;
}

function onnxRuntime(file: string): OnnxRuntime {
  const loaded = load(file);
  if (!isOnnxRuntime(loaded)) throw notUsable(file);
  return loaded;
}

async function open(): Promise<Model> {
  const { model, tokenizer, sha256, packages } = options;
  const text = readChecked(tokenizer, sha256.tokenizer, TOKENIZER_BYTES_MAX).toString('utf8');
  const parsed = parseJson(text);
  if (!isJsonObject(parsed)) throw new Unfit(`${tokenizer} is not a tokenizer.json`);
  const encoder = openEncoder(encoderPackage(packages.tokenizers), parsed, options);
  const bytes = readChecked(model, sha256.model, MODEL_BYTES_MAX);
  const opened = await openModel(onnxRuntime(packages.runtime), bytes, encoder, options);
  // What does not work on a word does not work: better known now than by the first caller.
  await opened.scores('hello');
  return opened;
}

async function answer(model: Model, { id, text }: Question): Promise<void> {
  try {
    say({ kind: 'scores', id, scores: await model.scores(text) });
  } catch {
    // What a tokenizer or a runtime throws may quote the text. That it failed is all that is said.
    say({ kind: 'failed', id });
  }
}

open().then(
  (model) => {
    port.on('message', (question: Question) => void answer(model, question));
    say({ kind: 'ready' });
  },
  (thrown: unknown) => {
    say({ kind: 'unfit', problem: thrown instanceof Unfit ? thrown.message : 'it does not run' });
  },
);
