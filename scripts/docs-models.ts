/** What the reports of the trained guards say, as tables. */
import { CATEGORIES, harmCategories } from '#policy/guards/harm/categories.ts';
import harmThresholds from '#policy/guards/harm/thresholds.json' with { type: 'json' };
import harm from '#policy/guards/harm/training-report.json' with { type: 'json' };
import injectionThresholds from '#policy/guards/prompt-injection/thresholds.json' with { type: 'json' };
import injection from '#policy/guards/prompt-injection/training-report.json' with { type: 'json' };

import { code, table } from './docs-table.ts';

/** Smaller families say little, and are left to the reports. */
const FAMILY_MIN = 25;

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;

export function injectionLinesBlock(): string {
  const rows = Object.entries(injectionThresholds.groups).map(([name, { head, alert, block }]) => [
    name,
    head,
    alert.toFixed(2),
    block.toFixed(2),
  ]);
  return `\nWeights: SHA-256 ${code(injection.sha256)}\n\n${table(['group', 'head', 'alert line', 'block line'], rows)}`;
}

/** Rows of held-out sources; small sources say little and are left to the report. */
export function injectionScoresBlock(): string {
  const rows = injection.heldOut
    .filter(({ n, isUnverified }) => n >= 25 && !isUnverified)
    .map(({ kind, source, isAttack, n, alert, block, auc }) => [
      `${kind} (${source})`,
      isAttack ? 'attacks' : 'harmless',
      String(n),
      percent(alert),
      percent(block),
      isAttack ? auc.toFixed(3) : '',
    ]);
  return table(['texts', 'which are', 'n', 'at the alert line', 'at the block line', 'AUC'], rows);
}

export function injectionSourcesBlock(): string {
  const shared = Object.entries(injection.trainedOn).filter(([name]) => !name.startsWith('gen_'));
  const made = Object.entries(injection.trainedOn).filter(([name]) => name.startsWith('gen_'));
  const generated = made.reduce((sum, [, count]) => sum + count, 0);
  const rows = shared.map(([name, count]) => [name, String(count)]);
  return table(['source', 'texts'], [...rows, [`${made.length} generators`, String(generated)]]);
}

type HarmRow = (typeof harm.families)[number] & { readonly sorted?: number };

export function harmCategoriesBlock(): string {
  const rows = harmCategories.map((name) => {
    const info: { what: string; hazard: string; isOff?: boolean } = CATEGORIES[name];
    return [code(name), info.what, info.hazard, info.isOff === true ? 'no' : 'yes'];
  });
  return table(['category', 'what', 'MLCommons hazard', 'by default'], rows);
}

export function harmLinesBlock(): string {
  const { request, reply, advice } = harmThresholds;
  const rows = Object.entries({ request, reply, advice }).map(([name, { lines }]) => [
    name,
    ...[lines.low, lines.normal, lines.high, lines.act].map((line) => line.toFixed(2)),
  ]);
  const head = ['head', 'alerts at low', 'at normal', 'at high', 'acts at'];
  return `\nWeights: SHA-256 ${code(harm.sha256)}\n\n${table(head, rows)}`;
}

const harmCells = ({ side, isHarmful, n, low, normal, high, act }: HarmRow): string[] => [
  side,
  isHarmful ? 'harm' : 'harmless',
  String(n),
  ...[low, normal, high, act].map(percent),
];
const HARM_HEAD = ['side', 'which are', 'n', 'low', 'normal', 'high', 'could act'];

/** Per family and per category; `sorted` is how often the category that is named is the right one. */
export function harmFamiliesBlock(): string {
  const families = harm.families
    .filter(({ n }) => n >= FAMILY_MIN)
    .map((row) => [row.name, ...harmCells(row)]);
  const categories = harm.categories.map((row) => [
    code(row.name),
    ...harmCells(row),
    percent(row.sorted),
  ]);
  const { recall, falsePositives } = harm.advice;
  const advice = `\n\`regulated-advice\`: ${percent(recall)} found, ${percent(falsePositives)} of harmless texts, on the half of its generator that was held out.\n`;
  return `${table(['family', ...HARM_HEAD], families)}\n${table(['category', ...HARM_HEAD, 'category named right'], categories)}${advice}`;
}

export function harmSourcesBlock(): string {
  const entries = Object.entries(harm.trainedOn);
  const shared = entries.filter(([name]) => !name.startsWith('gen_'));
  const made = entries.filter(([name]) => name.startsWith('gen_'));
  const generated = made.reduce((sum, [, count]) => sum + count, 0);
  const rows = shared.map(([name, count]) => [name, String(count)]);
  return table(['source', 'texts'], [...rows, ['generators', String(generated)]]);
}

interface Share {
  readonly guard: string;
  readonly name: string;
  readonly isFound: boolean;
  readonly n: number;
  readonly share: number;
}

/** Recall where something is to be found, false positives where nothing is: one column is empty. */
function sharesTable(name: string, shares: readonly Share[]): string {
  const rows = shares.map(({ guard, name: own, isFound, n, share }) => [
    code(guard),
    own,
    String(n),
    isFound ? percent(share) : '',
    isFound ? '' : percent(share),
  ]);
  return table(['guard', name, 'n', 'recall', 'false positives'], rows);
}

export function trainedFamiliesBlock(): string {
  const attacks = injection.heldOut
    .filter(({ n, isUnverified }) => n >= FAMILY_MIN && !isUnverified)
    .map(({ kind, source, isAttack, n, alert }) => ({
      guard: 'prompt-injection',
      name: `${kind} (${source})`,
      isFound: isAttack,
      n,
      share: alert,
    }));
  const harms = [...harm.families, ...harm.categories]
    .filter(({ n }) => n >= FAMILY_MIN)
    .map(({ side, name, isHarmful, n, normal }) => ({
      guard: 'harm',
      name: `${name}, ${side}`,
      isFound: isHarmful,
      n,
      share: normal,
    }));
  return sharesTable('family', [...attacks, ...harms]);
}

export function trainedLanguagesBlock(): string {
  const attacks = injection.languages.map(({ language, isAttack, n, alert }) => ({
    guard: 'prompt-injection',
    name: language,
    isFound: isAttack,
    n,
    share: alert,
  }));
  const harms = harm.languages.map(({ name, isHarmful, n, normal }) => ({
    guard: 'harm',
    name,
    isFound: isHarmful,
    n,
    share: normal,
  }));
  return sharesTable('language', [...attacks, ...harms]);
}
