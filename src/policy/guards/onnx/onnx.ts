/**
 * A text classifier that the operator brings: a file of weights and its tokenizer, run in a thread of
 * its own. A text is read in windows of a fixed size that advance from its beginning, each with a
 * look at what follows, so that a stream and a whole text ask the same questions, and no attack is
 * cut in two unseen. A classifier that is late, broken or not there has not passed the text.
 */
import { hash } from 'node:crypto';

import { z } from 'zod';

import { positions } from '#domain/passage.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { Lru } from '#stdx/lru.ts';

import {
  type Classifier,
  type ClassifierTalk,
  defineGuard,
  type Detector,
  type Finding,
  type GuardContext,
  NO_WORLD,
  type Scan,
} from '../guard.ts';

/** By so much a window advances: about 500 tokens of English, which most classifiers take at once. */
export const STRIDE_CHARS = 2_048;
/** So much of what follows is read with it. */
export const OVERLAP_CHARS = 256;
/** Scores that are remembered: clients send the whole history again with every turn. */
const REMEMBERED_MAX = 5_000;

const path = z.string().min(1).max(4_096);
const label = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,62}$/u, 'use lower-case letters, digits and hyphens');
const digest = z
  .string()
  .regex(/^[0-9a-f]{64}$/u, 'write the 64 hexadecimal digits that `sha256sum` prints');

const config = z.strictObject({
  model: path.meta({ description: 'The `.onnx` file, weights included.' }),
  tokenizer: path.meta({ description: 'Its `tokenizer.json`, as Hugging Face writes it.' }),
  runtime: path.optional().meta({
    description:
      'Folder whose `node_modules` has `onnxruntime-node` (or `onnxruntime-web`) and `@huggingface/tokenizers`. Default: the working directory, then `dataDir`.',
  }),
  sha256: z
    .strictObject({
      model: digest.optional().meta({ description: 'Of the model; another file is refused.' }),
      tokenizer: digest
        .optional()
        .meta({ description: 'Of the tokenizer; another file is refused.' }),
    })
    .prefault({})
    .meta({ description: 'What the files must be.' }),
  labels: z
    .array(label)
    .min(1)
    .max(256)
    .meta({ description: 'Names of the outputs, in the order of the model. They are categories.' }),
  find: z
    .array(label)
    .min(1)
    .max(256)
    .meta({ description: 'Which labels are findings. The others are what ordinary text is.' }),
  threshold: z
    .number()
    .gt(0)
    .max(1)
    .default(0.5)
    .meta({ description: 'From which score on a label is a finding.' }),
  output: z
    .string()
    .min(1)
    .max(256)
    .optional()
    .meta({ description: 'Name of the output with a number a label. Default: the first.' }),
  activation: z
    .enum(['softmax', 'sigmoid', 'none'])
    .default('softmax')
    .meta({ description: 'What makes scores of the outputs. none: the model did it.' }),
  tokensMax: z
    .int()
    .min(16)
    .max(8_192)
    .default(512)
    .meta({ description: 'Tokens that the model takes at once; more are read in turns.' }),
  overlapTokens: z
    .int()
    .min(0)
    .max(4_096)
    .default(64)
    .meta({ description: 'Tokens that two turns share. Less than half of `tokensMax`.' }),
  threads: z.int().min(1).max(64).default(1).meta({ description: 'Threads of one calculation.' }),
  heapMbMax: z.int().min(64).max(16_384).default(512).meta({
    description:
      'JavaScript memory of the thread, in MB. What the runtime takes itself is beside it.',
  }),
  queueMax: z
    .int()
    .min(1)
    .max(4_096)
    .default(64)
    .meta({ description: 'Windows that wait; for one more the guard is unavailable.' }),
});

export const onnxGuard = defineGuard({
  type: 'onnx',
  description: 'A text classifier of the operator’s own (an ONNX file), run in a thread.',
  config,
  paths: ['model', 'tokenizer', 'runtime'],
  // Ids, names of keys and fields nobody knows are no language, and each would be a calculation.
  positions: positions.filter((position) => position !== 'metadata'),
  create(section, world = NO_WORLD) {
    const { labels, find, threshold, runtime, output, ...rest } = section;
    if (new Set(labels).size < labels.length) {
      throw new ConfigProblem(['labels'], 'write each label once');
    }
    const unknown = find.findIndex((name) => !labels.includes(name));
    if (unknown !== -1) {
      throw new ConfigProblem(['find', unknown], 'name one of the labels');
    }
    if (section.overlapTokens * 2 >= section.tokensMax) {
      throw new ConfigProblem(['overlapTokens'], 'write less than half of tokensMax');
    }
    const classifier = world.classifier({
      ...rest,
      outputs: labels.length,
      runtime: runtime ?? null,
      output: output ?? null,
      sha256: {
        model: section.sha256.model ?? null,
        tokenizer: section.sha256.tokenizer ?? null,
      },
    });
    const flags = labels.map((name) => (find.includes(name) ? name : null));
    return { type: 'onnx', detectors: [new OnnxDetector(flags, threshold, classifier)] };
  },
});

class OnnxDetector implements Detector {
  /** By output: the category of a finding, null where it is none. */
  readonly #flags: readonly (string | null)[];
  readonly #threshold: number;
  readonly #classifier: Classifier;
  readonly #remembered = new Lru<string, readonly number[]>(REMEMBERED_MAX);

  constructor(flags: readonly (string | null)[], threshold: number, classifier: Classifier) {
    this.#flags = flags;
    this.#threshold = threshold;
    this.#classifier = classifier;
  }

  async scan(text: string, from: number, isEnd: boolean, context: GuardContext): Promise<Scan> {
    const findings: Finding[] = [];
    const talk = this.#classifier.open(context.signal);
    const lastBegin = isEnd ? text.length - 1 : text.length - STRIDE_CHARS - OVERLAP_CHARS - 1;
    let [at, highest] = [from, 0];
    while (at <= lastBegin) {
      const next = wholeAt(text, at + STRIDE_CHARS);
      const end = wholeAt(text, next + OVERLAP_CHARS);
      const scores = await this.#scores(text.slice(at, end), context, talk);
      for (const [index, category] of this.#flags.entries()) {
        const score = scores[index] ?? 0;
        if (category === null) continue;
        highest = Math.max(highest, score);
        if (score >= this.#threshold) findings.push({ category, start: at, end, score });
      }
      // What is left was read with this window.
      at = end === text.length ? end : next;
    }
    return { findings, decidedTo: at, score: highest };
  }

  /** By tenant: what one tenant's text was judged is not another's to time. Faults are not kept. */
  async #scores(text: string, { tenant }: GuardContext, talk: ClassifierTalk) {
    const id = hash('sha256', JSON.stringify([tenant, text]), 'base64url');
    const known = this.#remembered.get(id);
    if (known !== undefined) return known;
    const scores = await talk.classify(text.toWellFormed());
    const isRight =
      scores.length === this.#flags.length &&
      scores.every((score) => score >= 0 && score <= 1 && Number.isFinite(score));
    // Not a number is less than every threshold: a broken model would pass everything.
    if (!isRight) throw new Error('scores that are no scores');
    this.#remembered.set(id, scores);
    return scores;
  }
}

/** Never between the halves of a surrogate pair, and never beyond the text. */
function wholeAt(text: string, at: number): number {
  if (at >= text.length) return text.length;
  const code = text.charCodeAt(at - 1);
  return code >= 0xd800 && code <= 0xdbff ? at - 1 : at;
}
