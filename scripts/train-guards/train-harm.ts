/**
 * Trains the model of the guard `harm`: a head for what is asked and one for what is answered, twelve
 * small ones that sort what was found, and one for advice. Same data, same bytes.
 */
import { type SortedCategory, sortedCategories } from '#policy/guards/harm/categories.ts';
import { HARM_FEATURES } from '#policy/guards/harm/evidence.ts';
import { HarmUnitScan } from '#policy/guards/harm/unit-scan.ts';
import type { Head } from '#policy/guards/linear-model/model.ts';
import { type Judge, judge } from '#policy/guards/linear-model/verdict.ts';

import { type Example, exampleOf } from './examples.ts';
import { adviceRows, HARM_FOLDS, type HarmRow, harmRows, type Side } from './harm-rows.ts';
import { fitJudge } from './judge-fit.ts';
import { quantised, trainHead } from './logistic.ts';
import { randomOf } from './random.ts';

const SEED = 20_261_126;
const SIDE = { epochs: 8, rate: 0.1, decay: 3e-3 } as const;
/** Answers are held to one kind of text, and need fewer buckets. */
const SIDE_BITS: Readonly<Record<Side, number>> = { request: 17, reply: 16 };
const SORTING = { bits: 12, epochs: 4, rate: 0.1, decay: 3e-3 } as const;
const ADVICE = { bits: 14, epochs: 6, rate: 0.1, decay: 3e-3 } as const;
const LEVELS = 23;

export const sides = ['request', 'reply'] as const satisfies readonly Side[];

export interface HarmScored {
  readonly row: HarmRow;
  readonly logit: number;
  /** What the held-out sorting heads say it is. */
  readonly sorted: SortedCategory | null;
}

export interface Fitted {
  readonly head: Head;
  readonly judge: Judge;
}

export interface TrainedHarm {
  readonly sides: Readonly<Record<Side, Fitted>>;
  readonly sorting: readonly Head[];
  readonly advice: Fitted;
  readonly scored: readonly HarmScored[];
  readonly adviceScored: readonly { readonly isHarmful: boolean; readonly logit: number }[];
  readonly rows: readonly HarmRow[];
}

interface Item {
  readonly row: HarmRow;
  readonly example: Example;
}

const scan = new HarmUnitScan();

/** As the guard reads it: answers in strides of 768 characters and 256 more, the worst of which counts. */
const REPLY_STRIDE = { chars: 768, ahead: 256 };

function denses(text: string, side: Side, head: Head): Float64Array[] {
  if (side === 'request') return [scan.dense(text, 0, text.length, head)];
  const out: Float64Array[] = [];
  for (let from = 0; from < text.length; from += REPLY_STRIDE.chars) {
    const to = Math.min(text.length, from + REPLY_STRIDE.chars + REPLY_STRIDE.ahead);
    out.push(scan.dense(text, from, to, head));
    if (to === text.length) break;
  }
  return out;
}

/** How much a text counts for a side. Answers repeat what was asked, so their head learns both. */
function weightFor(side: Side, row: HarmRow): number {
  if (row.side !== side) return side === 'reply' ? 0.4 : 0;
  return row.source === 'wg_adv' ? 1.5 : 1;
}

function sideHead(side: Side, items: readonly Item[]): Head {
  const weights = new Map(items.map(({ row, example }) => [example, weightFor(side, row)]));
  const examples = items.map(({ example }) => example);
  const weightOf = (example: Example): number => weights.get(example) ?? 0;
  const bits = SIDE_BITS[side];
  return quantised(
    trainHead(examples, { ...SIDE, bits, random: randomOf(SEED), weightOf }),
    LEVELS,
  );
}

function sortingHeads(items: readonly Item[]): Head[] {
  const own = items.filter(({ row }) => row.isHarmful && row.category !== null);
  return sortedCategories.map((category) => {
    const examples = own.map(({ row, example }): Example => ({
      ...example,
      row: { ...example.row, isAttack: row.category === category },
    }));
    const options = { ...SORTING, random: randomOf(SEED), weightOf: () => 1 };
    return quantised(trainHead(examples, options), LEVELS);
  });
}

const ARGUES_FOR: ReadonlySet<number> = new Set(
  HARM_FEATURES.flatMap((name, index) => (name === 'characters' ? [] : [index])),
);

interface HeldOut extends Item {
  readonly dense: readonly Float64Array[];
}

function fitted(held: readonly HeldOut[]): Judge {
  const counts = Map.groupBy(held, ({ row }) => `${row.kind}/${row.source}`);
  const samples = held.flatMap(({ row, dense }) =>
    dense.map((values) => ({
      dense: values,
      isAttack: row.isHarmful,
      weight: 1 / Math.sqrt(counts.get(`${row.kind}/${row.source}`)?.length ?? 1) / dense.length,
    })),
  );
  return fitJudge(samples, ARGUES_FOR);
}

const worst = (dense: readonly Float64Array[], by: Judge): number =>
  Math.max(...dense.map((values) => judge(values, by)));

export function trainHarm(folder: string, root: string, say: (what: string) => void): TrainedHarm {
  const rows = harmRows(folder, root, SEED);
  const items = rows.map((row): Item => ({
    row,
    example: exampleOf({
      text: row.text,
      isAttack: row.isHarmful,
      source: row.source,
      kind: row.kind,
    }),
  }));
  say(`harm: ${items.length} texts`);
  const sortingByFold = Array.from({ length: HARM_FOLDS }, (_, fold) =>
    sortingHeads(items.filter(({ row }) => row.fold !== fold)),
  );
  say('harm: sorting');
  const scored: HarmScored[] = [];
  const fit = (side: Side): Fitted => {
    const held: HeldOut[] = [];
    for (let fold = 0; fold < HARM_FOLDS; fold += 1) {
      const head = sideHead(
        side,
        items.filter(({ row }) => row.fold !== fold),
      );
      for (const item of items)
        if (item.row.fold === fold && item.row.side === side)
          held.push({ ...item, dense: denses(item.row.text, side, head) });
      say(`harm ${side}: fold ${fold + 1} of ${HARM_FOLDS}`);
    }
    const by = fitted(held);
    for (const { row, dense } of held) {
      const heads = sortingByFold[row.fold] ?? [];
      const sorted = row.category === null ? null : scan.category(row.text, heads);
      scored.push({ row, logit: worst(dense, by), sorted });
    }
    return { head: sideHead(side, items), judge: by };
  };
  const both = { request: fit('request'), reply: fit('reply') };
  return { sides: both, sorting: sortingHeads(items), ...trainAdvice(items), scored, rows };
}

/** Advice: what is ordinary or harmful is no question for a doctor, so both are counterexamples. */
function trainAdvice(items: readonly Item[]): Pick<TrainedHarm, 'advice' | 'adviceScored'> {
  const own = adviceRows().map(({ text, isHarmful, fold }) => ({
    fold,
    text,
    example: exampleOf({ text, isAttack: isHarmful, source: 'gen_advice', kind: 'advice' }),
  }));
  const others = items
    .filter(({ row }, index) => index % 4 === 0 && row.side === 'request')
    .map(({ row, example }) => ({
      fold: row.fold,
      text: row.text,
      example: { ...example, row: { ...example.row, isAttack: false } },
    }));
  const all = [...own, ...others];
  const headOf = (some: typeof all): Head =>
    quantised(
      trainHead(
        some.map(({ example }) => example),
        { ...ADVICE, random: randomOf(SEED), weightOf: () => 1 },
      ),
      LEVELS,
    );
  const held = [0, 1].flatMap((fold) => {
    const head = headOf(all.filter((one) => one.fold !== fold));
    return all
      .filter((one) => one.fold === fold)
      .map(({ text, example }) => ({
        isHarmful: example.row.isAttack,
        dense: scan.dense(text, 0, text.length, head),
      }));
  });
  const by = fitJudge(
    held.map(({ dense, isHarmful }) => ({ dense, isAttack: isHarmful, weight: 1 })),
    ARGUES_FOR,
  );
  return {
    advice: { head: headOf(all), judge: by },
    adviceScored: held.map(({ dense, isHarmful }) => ({ isHarmful, logit: judge(dense, by) })),
  };
}
