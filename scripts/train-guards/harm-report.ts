/** Where `harm` alerts, and how often on what it has not seen: by family, by category, by language. */
import type { Sensitivity } from '#policy/guards/harm/categories.ts';

import { type Hard, lineAt } from './calibrate.ts';
import type { HarmRow, Side } from './harm-rows.ts';
import type { HarmScored, TrainedHarm } from './train-harm.ts';

/** What may be above a line: of ordinary texts, and of harmless ones in the words of harm. */
interface Allowed {
  readonly ordinary: number;
  readonly twins: number;
  /** Of what models answer to ordinary questions. */
  readonly answers: number;
}

const ALLOWED: Readonly<Record<Sensitivity | 'act', Allowed>> = {
  low: { ordinary: 0.003, twins: 0.015, answers: 0.01 },
  normal: { ordinary: 0.01, twins: 0.05, answers: 0.025 },
  high: { ordinary: 0.02, twins: 0.1, answers: 0.05 },
  act: { ordinary: 0.0007, twins: 0.005, answers: 0.003 },
};

/** Each counts alike, whatever its size: kinds, or kinds of one source. */
const ORDINARY: Readonly<Record<Side, readonly string[]>> = {
  request: [
    'benign_chat/p_dahoas-hh',
    'benign_chat/p_dahoas-synth',
    'benign_chat/yaima_conv',
    'benign_chat/gen_benign_short',
    'benign_code',
    'benign_roleplay/gpteacher',
    'benign_doc_long',
    'benign_code_file',
    'benign_tool',
    'benign_ml',
  ],
  reply: ['benign_response', 'benign_doc_long', 'benign_code_file'],
};

export type SideLines = Readonly<Record<Sensitivity | 'act', number>>;
export type HarmLines = Readonly<Record<Side, SideLines>>;

const is = (row: HarmRow, name: string): boolean =>
  name === row.kind || name === `${row.kind}/${row.source}`;

function sideLines(side: Side, scored: readonly HarmScored[]): SideLines {
  const own = scored.filter(({ row }) => row.side === side && !row.isHarmful);
  const logits = (wanted: (row: HarmRow) => boolean): number[] =>
    own.filter(({ row }) => wanted(row)).map(({ logit }) => logit);
  const usual = ORDINARY[side].map((name) => logits((row) => is(row, name)));
  const twins = logits(({ kind, language }) => language === 'en' && kind === 'twin');
  const refusals = logits(({ kind }) => kind === 'refusal');
  const answers = side === 'reply' ? logits(({ kind }) => kind === 'benign_response') : [];
  const line = (name: Sensitivity | 'act'): number => {
    const { ordinary, twins: share, answers: most } = ALLOWED[name];
    const hard: Hard[] = [
      { logits: twins, share },
      { logits: refusals, share },
      { logits: answers, share: most },
    ];
    return lineAt(
      ordinary,
      usual,
      hard.filter(({ logits: { length } }) => length > 0),
    );
  };
  const [low, normal, high] = [line('low'), line('normal'), line('high')];
  // What may act has to be well above whatever alerts.
  return { low, normal, high, act: Math.max(line('act'), low + 0.5) };
}

export interface HarmReportRow {
  readonly side: Side;
  readonly name: string;
  readonly isHarmful: boolean;
  readonly n: number;
  readonly low: number;
  readonly normal: number;
  readonly high: number;
  readonly act: number;
  /** Of a category: how often the sorting heads name it. */
  readonly sorted?: number;
}

export interface HarmReport {
  readonly lines: HarmLines;
  readonly families: readonly HarmReportRow[];
  readonly categories: readonly HarmReportRow[];
  readonly languages: readonly HarmReportRow[];
  readonly advice: {
    readonly line: number;
    readonly act: number;
    readonly recall: number;
    readonly falsePositives: number;
  };
}

const round = (share: number): number => Math.round(share * 10_000) / 10_000;

export function harmReport({ scored, adviceScored }: TrainedHarm): HarmReport {
  const lines = { request: sideLines('request', scored), reply: sideLines('reply', scored) };
  const grouped = (
    some: readonly HarmScored[],
    nameOf: (row: HarmRow) => string,
  ): HarmReportRow[] =>
    [...Map.groupBy(some, ({ row }) => `${row.side} ${row.isHarmful ? '+' : '-'} ${nameOf(row)}`)]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, group]) => {
        const [first] = group;
        return first === undefined ? [] : [rowOf(group, lines[first.row.side], nameOf(first.row))];
      });
  const english = scored.filter(({ row }) => row.language === 'en');
  const harmful = english.filter(({ row }) => row.isHarmful && row.category !== null);
  return {
    lines,
    families: grouped(english, familyOf),
    categories: grouped(harmful, ({ category }) => category ?? ''),
    languages: grouped(
      scored.filter(({ row }) => row.language !== 'en' && row.side === 'request'),
      ({ language }) => language,
    ),
    advice: adviceOf(adviceScored),
  };
}

const familyOf = ({ kind, source, isHarmful, category }: HarmRow): string =>
  isHarmful && category !== null ? source : `${kind}/${source}`;

function rowOf(group: readonly HarmScored[], lines: SideLines, name: string): HarmReportRow {
  const share = (line: Sensitivity | 'act'): number =>
    round(group.filter(({ logit }) => logit >= lines[line]).length / group.length);
  const [first] = group;
  const { side, isHarmful } = first?.row ?? { side: 'request', isHarmful: false };
  const named = group.filter(({ sorted }) => sorted !== null);
  const right = named.filter(({ row, sorted }) => row.category === sorted).length;
  return {
    side,
    name,
    isHarmful,
    n: group.length,
    low: share('low'),
    normal: share('normal'),
    high: share('high'),
    act: share('act'),
    ...(isHarmful && named.length > 0 && { sorted: round(right / named.length) }),
  };
}

function adviceOf(scored: TrainedHarm['adviceScored']): HarmReport['advice'] {
  const logits = (isHarmful: boolean): number[] =>
    scored.filter((one) => one.isHarmful === isHarmful).map(({ logit }) => logit);
  const line = lineAt(0.01, [logits(false)], []);
  const share = (some: readonly number[]): number =>
    round(some.filter((logit) => logit >= line).length / some.length);
  const act = Math.max(lineAt(0.001, [logits(false)], []), line + 0.5);
  return { line, act, recall: share(logits(true)), falsePositives: share(logits(false)) };
}

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(8);

/** For whoever trains: a line a row. */
export const harmReportText = ({ families, categories, languages }: HarmReport): string[] =>
  [...families, ...categories, ...languages].map(
    ({ side, name, isHarmful, n, low, normal, high, sorted }) =>
      `${side.padEnd(8)} ${isHarmful ? '+' : '-'} ${name.padEnd(36)} ${String(n).padStart(6)} ${percent(low)} ${percent(normal)} ${percent(high)} ${sorted === undefined ? '' : percent(sorted)}`,
  );
