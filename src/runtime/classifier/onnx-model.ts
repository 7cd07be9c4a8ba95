/** A session of the operator's ONNX runtime: token numbers in, a score a label out. */
import { unreachable } from '#stdx/assert.ts';

import type { ThreadOptions } from './protocol.ts';
import type { Encoder } from './text-encoder.ts';
import { Unfit } from './unfit.ts';

interface Tensor {
  readonly data: unknown;
  readonly dims: readonly number[];
}

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  readonly inputMetadata?: readonly { readonly name: string; readonly type?: string }[];
  run(feeds: Readonly<Record<string, Tensor>>): Promise<Readonly<Record<string, Tensor>>>;
}

/** As much of onnxruntime-common as is used; onnxruntime-node and -web both are it. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<Session>;
  };
  readonly Tensor: new (
    type: 'int64' | 'int32',
    data: BigInt64Array | Int32Array,
    dims: readonly number[],
  ) => Tensor;
  readonly env?: { readonly wasm?: { numThreads?: number } };
}

export const isOnnxRuntime = (loaded: unknown): loaded is OnnxRuntime =>
  typeof loaded === 'object' &&
  loaded !== null &&
  'InferenceSession' in loaded &&
  'Tensor' in loaded &&
  typeof loaded.Tensor === 'function';

export interface Model {
  /** The highest of all windows, by output. */
  scores(text: string): Promise<readonly number[]>;
}

/** What models of text ask for; each is as long as the text has tokens. */
const FILLS: ReadonlyMap<string, (ids: readonly number[]) => readonly number[]> = new Map([
  ['input_ids', (ids) => ids],
  ['attention_mask', (ids) => ids.map(() => 1)],
  ['token_type_ids', (ids) => ids.map(() => 0)],
]);

export async function openModel(
  runtime: OnnxRuntime,
  bytes: Uint8Array,
  encoder: Encoder,
  options: ThreadOptions,
): Promise<Model> {
  const session = await openSession(runtime, bytes, options);
  const unknown = session.inputNames.find((name) => !FILLS.has(name));
  if (unknown !== undefined || !session.inputNames.includes('input_ids')) {
    throw new Unfit(
      'the model is no text classifier: its inputs are others than input_ids, attention_mask and token_type_ids',
    );
  }
  const output = options.output ?? session.outputNames[0] ?? '';
  if (!session.outputNames.includes(output)) throw new Unfit('the model has no such output');
  return {
    async scores(text) {
      const highest = Array.from({ length: options.outputs }, () => 0);
      for (const ids of encoder.windows(text)) {
        const { [output]: answer } = await session.run(feedsOf(runtime, session, ids));
        const scores = activated(valuesOf(answer, options.outputs), options.activation);
        for (const [index, score] of scores.entries()) {
          // A window that gives no number makes the whole no answer: `max` would keep it.
          highest[index] = Math.max(highest[index] ?? 0, score);
        }
      }
      return highest;
    },
  };
}

async function openSession(
  { InferenceSession, env }: OnnxRuntime,
  bytes: Uint8Array,
  { threads }: ThreadOptions,
): Promise<Session> {
  if (env?.wasm !== undefined) env.wasm.numThreads = threads;
  try {
    return await InferenceSession.create(bytes, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      graphOptimizationLevel: 'all',
      // Only what ends everything: a warning may name nodes after the text of their author.
      logSeverityLevel: 4,
    });
  } catch {
    throw new Unfit(
      'the model cannot be used: it is no ONNX file, or needs what this runtime lacks',
    );
  }
}

function feedsOf(
  { Tensor }: OnnxRuntime,
  { inputNames, inputMetadata }: Session,
  ids: readonly number[],
): Readonly<Record<string, Tensor>> {
  const feeds: Record<string, Tensor> = {};
  for (const name of inputNames) {
    const values = FILLS.get(name)?.(ids) ?? [];
    const isShort = inputMetadata?.find((input) => input.name === name)?.type === 'int32';
    feeds[name] = isShort
      ? new Tensor('int32', Int32Array.from(values), [1, values.length])
      : new Tensor('int64', BigInt64Array.from(values, BigInt), [1, values.length]);
  }
  return feeds;
}

function valuesOf(answer: Tensor | undefined, outputs: number): readonly number[] {
  const { data } = answer ?? {};
  if (!(data instanceof Float32Array)) throw new Unfit('the output of the model is not float32');
  if (data.length !== outputs) {
    throw new Unfit(`the model has ${data.length} outputs, and labels names ${outputs}`);
  }
  return [...data];
}

function activated(
  values: readonly number[],
  activation: ThreadOptions['activation'],
): readonly number[] {
  switch (activation) {
    case 'none':
      return values;
    case 'sigmoid':
      return values.map((value) => 1 / (1 + Math.exp(-value)));
    case 'softmax': {
      const top = Math.max(...values);
      const powers = values.map((value) => Math.exp(value - top));
      const sum = powers.reduce((total, power) => total + power, 0);
      return powers.map((power) => power / sum);
    }
    default:
      return unreachable(activation);
  }
}
