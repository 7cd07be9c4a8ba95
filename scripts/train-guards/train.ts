/**
 * `npm run train:guards`: trains the models of `prompt-injection` and `harm` and writes their files.
 *
 *   npm run train:guards -- [--data DIR] [--only prompt-injection|harm] [--analyse] [--dry-run]
 *
 * The data is read by path (`--data`, or LLMPROXY_GUARD_DATA, or ../shared/data/guards) and stays there.
 * The same data gives the same bytes. `--analyse` also scores files that may not be trained on.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import type { Head } from '#policy/guards/linear-model/model.ts';
import type { Judge } from '#policy/guards/linear-model/verdict.ts';
import { judgeAll, type Lines } from '#policy/guards/linear-model/verdict.ts';
import { type Frame, frameOf, mentionLogit } from '#policy/guards/prompt-injection/mentions.ts';
import { DENSE_FEATURES } from '#policy/guards/prompt-injection/judge.ts';
import { UnitScan } from '#policy/guards/prompt-injection/unit-scan.ts';

import { linesFor, type Scored } from './calibrate.ts';
import { type Example, exampleOf } from './examples.ts';
import { fetchedRows } from './fetched.ts';
import { FOLD_COUNT, foldOf } from './folds.ts';
import { generatedRows, measuredRows } from './generated.ts';
import {
  headNames,
  type HeadName,
  headWeight,
  judgeWeight,
  ORDINARY,
  sourceWeights,
} from './groups.ts';
import { writeHarm } from './harm-output.ts';
import { harmReport, harmReportText } from './harm-report.ts';
import { fitJudge } from './judge-fit.ts';
import { quantised, trainHead } from './logistic.ts';
import { writeModel } from './output.ts';
import { randomOf } from './random.ts';
import { reportOf } from './report.ts';
import { ANALYSIS_FILES, packageRows, readRows, type Row, TRAINING_FILES } from './rows.ts';
import { trainHarm } from './train-harm.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const SEED = 20_261_126;
/** Steps of a weight on each side of nothing. With twice as many the file is a sixth larger. */
const LEVELS = 63;
const SETTINGS = { bits: 17, epochs: 8, rate: 0.1, decay: 3e-3 } as const;

const { values: flags } = parseArgs({
  options: {
    data: { type: 'string' },
    only: { type: 'string' },
    analyse: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  },
});
const folder =
  flags.data ?? process.env['LLMPROXY_GUARD_DATA'] ?? join(ROOT, '..', 'shared', 'data', 'guards');

const startMs = performance.now();
const say = (what: string): void => {
  process.stderr.write(
    `${((performance.now() - startMs) / 1_000).toFixed(0).padStart(4)} s  ${what}\n`,
  );
};

const unitScan = new UnitScan();

/** What a text shows, and what its frame shows where it only speaks of what it quotes. */
interface Shown {
  readonly dense: Float64Array;
  readonly frame: (Frame & { readonly dense: Float64Array }) | null;
}

function shownBy({ row }: Example, name: HeadName, head: Head): Shown {
  const { dense } = unitScan.evidence(row.text, head);
  const frame = frameOf(row.text, name === 'tool' ? 'plain' : 'any');
  if (frame === null) return { dense, frame };
  return { dense, frame: { ...frame, dense: unitScan.evidence(frame.text, head).dense } };
}

function logitOf({ dense, frame }: Shown, by: readonly Judge[]): number {
  const whole = judgeAll(dense, by);
  return frame === null ? whole : mentionLogit({ whole, frame: judgeAll(frame.dense, by) }, frame);
}

/** What the rows that measure quotations come to when nobody asks what they are framed by. */
const asRead = (row: Row, head: HeadName, logit: number): Scored[] =>
  row.source === 'measured_requests' || row.source === 'measured_posed'
    ? [{ row: { ...row, source: `${row.source}_unframed` }, head, logit }]
    : [];

type WeightOf = (example: Example) => number;

function headOf(weightOf: WeightOf, examples: readonly Example[]): Head {
  return quantised(trainHead(examples, { ...SETTINGS, random: randomOf(SEED), weightOf }), LEVELS);
}

/** Every held-out row under a head that has not seen its source. */
function heldOut(
  name: HeadName,
  weightOf: WeightOf,
  examples: readonly Example[],
): Map<Example, Shown> {
  const dense = new Map<Example, Shown>();
  for (let fold = 0; fold < FOLD_COUNT; fold += 1) {
    const head = headOf(
      weightOf,
      examples.filter(({ row }) => foldOf(row) !== fold),
    );
    for (const example of examples)
      if (foldOf(example.row) === fold) dense.set(example, shownBy(example, name, head));
    say(`${name}: fold ${fold + 1} of ${FOLD_COUNT}`);
  }
  return dense;
}

const OVERLAPPING_STEPS = 4_000;

type Features = (feature: string) => boolean;
interface Looks {
  readonly at: Features;
  /** What argues for an attack or not at all. */
  readonly never: Features;
  /** How far below the others it stands. */
  readonly margin: number;
  readonly steps?: number;
}
const among = (...features: readonly string[]): Features => {
  const all: ReadonlySet<string> = new Set(features);
  return (feature) => all.has(feature);
};

/**
 * What its worst part comes to, whatever stands around it: who hides an attack in a long harmless text is
 * found as often as without it. Pages have more parts to be wrong about, so it stands lower.
 */
const PART: Looks = {
  at: among('window-256', 'density-128', 'density-256'),
  never: among('window-256', 'density-128', 'density-256'),
  margin: 1.5,
  steps: OVERLAPPING_STEPS,
};
/**
 * What the judges of a head look at. `user`: few numbers, on purpose. With all of them it is as good on the
 * sources that it was fitted with, and finds eleven points less of one that was left out of the judge too.
 * The widest window may argue against an attack: it says how much of a text is like its worst part.
 */
const LOOKS: Readonly<Record<HeadName, readonly Looks[]>> = {
  user: [
    {
      at: among('whole', 'window-256', 'window-2048', 'density-128', 'families'),
      never: among('whole', 'window-256', 'density-128', 'families'),
      margin: 0,
      steps: OVERLAPPING_STEPS,
    },
    PART,
  ],
  tool: [
    {
      // Words of security tell a page about attacks from one that has one.
      at: (feature) => !/^classed-words$|^window-2048$|^density-/u.test(feature),
      // Where tools have read a text, short ones are no worse: views of code are short, and harmless.
      never: among('characters'),
      margin: 0,
    },
  ],
};

function fitted(name: HeadName, dense: ReadonlyMap<Example, Shown>): Judge[] {
  const own = [...dense].filter(([{ row }]) => judgeWeight(name, row) > 0);
  const counts = Map.groupBy(own, ([{ row }]) => `${row.kind}/${row.source}`);
  const weightOf = (row: Row): number =>
    // A source of many rows counts for more than a small one, but not in proportion.
    judgeWeight(name, row) / Math.sqrt(counts.get(`${row.kind}/${row.source}`)?.length ?? 1);
  return LOOKS[name].map(({ at, never, margin, steps }) => {
    const samples = own.map(([{ row }, { dense: values }]) => ({
      dense: values.map((value, index) => (at(DENSE_FEATURES[index] ?? '') ? value : 0)),
      isAttack: row.isAttack,
      weight: weightOf(row),
    }));
    const { bias, weights } = fitJudge(
      samples,
      new Set(DENSE_FEATURES.flatMap((feature, index) => (never(feature) ? [index] : []))),
      steps,
    );
    return { bias: bias - margin, weights };
  });
}

function trainInjection(): void {
  const read = readRows(folder, TRAINING_FILES);
  const published = [...packageRows(ROOT), ...fetchedRows(ROOT, SEED)];
  const rows = [...read, ...published, ...generatedRows(SEED)];
  const examples = [...rows, ...measuredRows(read, SEED)].map(exampleOf);
  const analysed = flags.analyse === true ? readRows(folder, ANALYSIS_FILES).map(exampleOf) : [];
  say(`${examples.length} texts`);

  const heads = new Map<HeadName, Head>();
  const judges = new Map<HeadName, readonly Judge[]>();
  const scored: Scored[] = [];
  const ofSource = sourceWeights(rows);
  for (const name of headNames) {
    const weightOf: WeightOf = ({ row }) => headWeight(name, row, ofSource);
    const dense = heldOut(name, weightOf, examples);
    const by = fitted(name, dense);
    const head = headOf(weightOf, examples);
    heads.set(name, head);
    judges.set(name, by);
    for (const [{ row }, values] of dense)
      scored.push(
        { row, head: name, logit: logitOf(values, by) },
        ...asRead(row, name, judgeAll(values.dense, by)),
      );
    for (const example of analysed)
      scored.push({
        row: example.row,
        head: name,
        logit: logitOf(shownBy(example, name, head), by),
        isUnverified: true,
      });
  }
  const user = linesFor(scored, 'user', ORDINARY.user);
  const model = linesFor(scored, 'user', ORDINARY.model);
  const lines: Record<'user' | 'tool' | 'model', Lines> = {
    user,
    tool: linesFor(scored, 'tool', ORDINARY.tool),
    // One head for both: what a model writes is not cut off where a user's text would not be.
    model: { ...model, block: Math.max(model.block, user.block) },
  };
  say('calibrated');
  const report = reportOf(scored, lines);
  for (const line of report.text) process.stdout.write(`${line}\n`);
  if (flags['dry-run'] !== true) {
    const sha256 = writeModel({
      root: ROOT,
      bits: SETTINGS.bits,
      heads,
      judges,
      lines,
      report,
      rows,
    });
    say(`weights ${sha256}`);
  }
}

function trainHarmToo(): void {
  const trained = trainHarm(folder, ROOT, say);
  const report = harmReport(trained);
  for (const line of harmReportText(report)) process.stdout.write(`${line}\n`);
  if (flags['dry-run'] !== true) say(`harm: weights ${writeHarm(ROOT, trained, report)}`);
}

const { only } = flags;
if (only !== undefined && only !== 'prompt-injection' && only !== 'harm')
  throw new Error('--only is prompt-injection or harm');
if (only !== 'harm') trainInjection();
if (only !== 'prompt-injection') trainHarmToo();
