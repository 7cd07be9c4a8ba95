/**
 * A real classifier, small enough to be written by hand: token → two numbers → the highest over the
 * text → scores. Protocol Buffers wire format, and the few fields of onnx.proto3 that it needs
 * (https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3).
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Buffer.from([...bytes, rest]);
}
const number = (field: number, value: number): Buffer =>
  Buffer.concat([varint(field * 8), varint(value)]);
const bytes = (field: number, value: Buffer): Buffer =>
  Buffer.concat([varint(field * 8 + 2), varint(value.length), value]);
const text = (field: number, value: string): Buffer => bytes(field, Buffer.from(value));
const message = (field: number, ...parts: Buffer[]): Buffer => bytes(field, Buffer.concat(parts));

const FLOAT = 1;
const INT64 = 7;

const dimension = (size: number | string): Buffer =>
  message(1, typeof size === 'number' ? number(1, size) : text(2, size));
const valueInfo = (field: number, name: string, type: number, sizes: (number | string)[]) =>
  message(
    field,
    text(1, name),
    message(2, message(1, number(1, type), message(2, ...sizes.map(dimension)))),
  );
const floats = (field: number, name: string, sizes: number[], values: number[]): Buffer =>
  message(
    field,
    ...sizes.map((size) => number(1, size)),
    number(2, FLOAT),
    text(8, name),
    bytes(9, Buffer.from(Float32Array.from(values).buffer)),
  );
const INT_ATTRIBUTE = 2;
const INTS_ATTRIBUTE = 7;
const node = (type: string, inputs: string[], output: string, ...attributes: Buffer[]): Buffer =>
  message(1, ...inputs.map((name) => text(1, name)), text(2, output), text(4, type), ...attributes);
const attribute = (name: string, kind: number, value: Buffer): Buffer =>
  message(5, text(1, name), value, number(20, kind));

/** Scores over one half for texts with one of the tokens in `found`. */
export function onnxModel(
  tokens: number,
  found: readonly number[],
  inputs = ['input_ids'],
): Buffer {
  const table = Array.from({ length: tokens }, (_, id) => [0, found.includes(id) ? 4 : -4]).flat();
  const graph = message(
    7,
    node('Gather', ['table', 'input_ids'], 'rows'),
    node(
      'ReduceMax',
      ['rows'],
      'highest',
      attribute('axes', INTS_ATTRIBUTE, number(8, 1)),
      attribute('keepdims', INT_ATTRIBUTE, number(3, 0)),
    ),
    node('MatMul', ['highest', 'turn'], 'logits'),
    text(2, 'classifier'),
    floats(5, 'table', [tokens, 2], table),
    floats(5, 'turn', [2, 2], [1, 0, 0, 1]),
    ...inputs.map((name) => valueInfo(11, name, INT64, [1, 'length'])),
    valueInfo(12, 'logits', FLOAT, [1, 2]),
  );
  // IR version 8, operators of version 13.
  return Buffer.concat([number(1, 8), message(8, number(2, 13)), graph]);
}

const WORDS = [
  '[UNK]',
  '[CLS]',
  '[SEP]',
  'falcon',
  '##s',
  'a',
  'bird',
  'word',
  'fal',
  '##con',
  'x',
];

/** A `tokenizer.json` as BERT's: words and their pieces, with marks at both ends. */
export const wordPiece = {
  version: '1.0',
  added_tokens: WORDS.slice(0, 3).map((content, id) => ({
    id,
    content,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: false,
    special: true,
  })),
  normalizer: {
    type: 'BertNormalizer',
    clean_text: true,
    handle_chinese_chars: true,
    strip_accents: null,
    lowercase: true,
  },
  pre_tokenizer: { type: 'BertPreTokenizer' },
  post_processor: {
    type: 'TemplateProcessing',
    single: [
      { SpecialToken: { id: '[CLS]', type_id: 0 } },
      { Sequence: { id: 'A', type_id: 0 } },
      { SpecialToken: { id: '[SEP]', type_id: 0 } },
    ],
    pair: [],
    special_tokens: {
      '[CLS]': { id: '[CLS]', ids: [1], tokens: ['[CLS]'] },
      '[SEP]': { id: '[SEP]', ids: [2], tokens: ['[SEP]'] },
    },
  },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  model: {
    type: 'WordPiece',
    unk_token: '[UNK]',
    continuing_subword_prefix: '##',
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(WORDS.map((word, id) => [word, id])),
  },
} as const;

/** A `tokenizer.json` as SentencePiece's: pieces with how likely each is. */
export const unigram = {
  version: '1.0',
  added_tokens: [],
  normalizer: { type: 'NFKC' },
  pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  post_processor: null,
  decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
  model: {
    type: 'Unigram',
    unk_id: 0,
    vocab: [
      ['<unk>', 0],
      ['▁', -3],
      ['▁fal', -4],
      ['con', -4],
      ['▁falcon', -5],
      ['▁word', -4],
      ['▁a', -4],
      ['▁bird', -4],
    ],
    byte_fallback: false,
  },
} as const;

/** Files of a classifier that finds the word falcon, in a folder of their own. */
export function classifierFiles(kind: 'wordPiece' | 'unigram' = 'wordPiece', inputs?: string[]) {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-onnx-'));
  const [model, tokenizer] = [join(dir, 'model.onnx'), join(dir, 'tokenizer.json')];
  const [file, found] = kind === 'unigram' ? [unigram, 4] : [wordPiece, 3];
  writeFileSync(model, onnxModel(16, [found], inputs));
  writeFileSync(tokenizer, JSON.stringify(file));
  return { dir, model, tokenizer };
}
