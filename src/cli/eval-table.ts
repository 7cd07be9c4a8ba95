/** What an evaluation counts, a family of texts at a time, and how it is shown. */
import { printable } from './context.ts';

/** Scores are kept as counts of thousandths, so that a file of any length has a bound. */
const SCORE_STEPS = 1_000;

export interface Tally {
  readonly file: string;
  readonly label: string;
  readonly isAttack: boolean;
  n: number;
  flagged: number;
  blocked: number;
  chars: number;
  us: number;
  readonly scores: Uint32Array;
  /** In how many texts each guard found each category. */
  readonly categories: Map<string, number>;
}

export const newTally = (file: string, label: string, isAttack: boolean): Tally => ({
  file,
  label,
  isAttack,
  n: 0,
  flagged: 0,
  blocked: 0,
  chars: 0,
  us: 0,
  scores: new Uint32Array(SCORE_STEPS + 1),
  categories: new Map(),
});

/** Operators name categories, so their number has a bound as well. */
const CATEGORIES_MAX = 1_024;

/** A text counts once for a category, however often it is found in it. */
export function countCategories(
  { categories }: Tally,
  findings: readonly { readonly guard: string; readonly category: string }[],
): void {
  for (const name of new Set(findings.map(({ guard, category }) => `${guard}/${category}`))) {
    if (categories.has(name) || categories.size < CATEGORIES_MAX)
      categories.set(name, (categories.get(name) ?? 0) + 1);
  }
}

export function countScore({ scores }: Tally, score: number): void {
  const step = Math.round(Math.max(0, Math.min(1, score)) * SCORE_STEPS);
  scores[step] = (scores[step] ?? 0) + 1;
}

export interface TallyView {
  readonly file: string;
  readonly label: string;
  readonly n: number;
  readonly flagged: number;
  readonly blocked: number;
  readonly recall: number | null;
  readonly falsePositives: number | null;
  /** How often an attack of this family scores above a harmless text of any family. */
  readonly auc: number | null;
  readonly usPerKb: number;
  readonly categories: Readonly<Record<string, number>>;
}

export function viewsOf(tallies: readonly Tally[]): TallyView[] {
  const benign = new Uint32Array(SCORE_STEPS + 1);
  for (const { isAttack, scores } of tallies) {
    if (isAttack) continue;
    for (const [step, count] of scores.entries()) benign[step] = (benign[step] ?? 0) + count;
  }
  return tallies.map((tally) => viewOf(tally, benign));
}

function viewOf(tally: Tally, benign: Uint32Array): TallyView {
  const { file, label, isAttack, n, flagged, blocked, chars, us, scores } = tally;
  const share = n === 0 ? 0 : flagged / n;
  return {
    file,
    label,
    n,
    flagged,
    blocked,
    recall: isAttack ? share : null,
    falsePositives: isAttack ? null : share,
    auc: isAttack ? aucOf(scores, benign) : null,
    usPerKb: chars === 0 ? 0 : us / (chars / 1_024),
    categories: Object.fromEntries(tally.categories),
  };
}

/** Null where there is nothing to compare with. Equal scores count half. */
function aucOf(attacks: Uint32Array, benign: Uint32Array): number | null {
  let [below, pairs, total] = [0, 0, 0];
  for (const [step, count] of attacks.entries()) {
    const equal = benign[step] ?? 0;
    pairs += count * (below + equal / 2);
    below += equal;
    total += count;
  }
  return below === 0 || total === 0 ? null : pairs / (below * total);
}

/** Shares of an earlier run, by file and label. */
export type Baseline = ReadonlyMap<string, number>;

export const familyOf = ({ file, label }: { file: string; label: string }): string =>
  `${file}/${label}`;
const shareOf = ({ recall, falsePositives }: TallyView): number => recall ?? falsePositives ?? 0;

const percent = (share: number | null): string =>
  share === null ? '' : `${(share * 100).toFixed(1)} %`;

/** In points: a false positive more is as much a change as an attack less. */
function changeOf(view: TallyView, baseline: Baseline): string {
  const before = baseline.get(familyOf(view));
  if (before === undefined) return 'new';
  const points = (shareOf(view) - before) * 100;
  return `${points > 0 ? '+' : ''}${points.toFixed(1)}`;
}

export function tableOf(tallies: readonly Tally[], baseline: Baseline | null): string {
  const rows = viewsOf(tallies).map((view) => [
    view.file,
    printable(view.label),
    `${view.n}`,
    `${view.flagged}`,
    percent(view.recall),
    percent(view.falsePositives),
    percent(view.n === 0 ? 0 : view.blocked / view.n),
    view.auc === null ? '' : view.auc.toFixed(3),
    view.usPerKb.toFixed(1),
    ...(baseline === null ? [] : [changeOf(view, baseline)]),
  ]);
  const head = [
    'file',
    'label',
    'n',
    'flagged',
    'recall',
    'false positives',
    'blocked',
    'AUC',
    'µs/KB',
  ];
  const table = aligned([baseline === null ? head : [...head, 'change'], ...rows], 2);
  const categories = categoryRows(tallies);
  if (categories.length === 0) return table;
  return `${table}\n${aligned([['guard', 'category', 'in attacks', 'in benign'], ...categories], 2)}`;
}

/** A line a category that was found: in which share of the attacks, and of the harmless texts. */
function categoryRows(tallies: readonly Tally[]): string[][] {
  const names = new Set(tallies.flatMap(({ categories }) => [...categories.keys()]));
  const cell = (name: string, isAttack: boolean): string => {
    const own = tallies.filter((tally) => tally.isAttack === isAttack);
    const found = own.reduce((sum, { categories }) => sum + (categories.get(name) ?? 0), 0);
    const total = own.reduce((sum, { n }) => sum + n, 0);
    return total === 0 ? '' : `${found} (${percent(found / total)})`;
  };
  return [...names].toSorted().map((name) => {
    const [guard = '', ...category] = name.split('/');
    return [guard, printable(category.join('/')), cell(name, true), cell(name, false)];
  });
}

/** The first columns are words and stand left, the others are numbers. */
function aligned(all: readonly (readonly string[])[], words: number): string {
  const [head = []] = all;
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        column < words ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join('  ');
  return `${all.map(line).join('\n')}\n`;
}
