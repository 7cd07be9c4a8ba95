/** Shares above the lines by source and kind, on rows whose source the model had not seen. */
import type { Lines } from '#policy/guards/linear-model/verdict.ts';

import type { Scored } from './calibrate.ts';
import { isToolText } from './groups.ts';

export interface ReportRow {
  readonly kind: string;
  readonly source: string;
  readonly isAttack: boolean;
  readonly isUnverified: boolean;
  readonly n: number;
  readonly alert: number;
  readonly block: number;
  readonly auc: number;
}

export interface LanguageRow {
  readonly language: string;
  readonly isAttack: boolean;
  readonly n: number;
  readonly alert: number;
  readonly block: number;
}

export interface Report {
  readonly rows: ReportRow[];
  readonly languages: LanguageRow[];
  readonly text: string[];
}

type GroupLines = Readonly<Record<'user' | 'tool' | 'model', Lines>>;

export function reportOf(scored: readonly Scored[], lines: GroupLines): Report {
  const own = scored.filter(({ row, head }) => isToolText(row) === (head === 'tool'));
  const groups = Map.groupBy(
    own,
    ({ row }) => `${row.isAttack ? '+' : '-'} ${row.kind}/${row.source}`,
  );
  const benign = (head: string): number[] =>
    own
      .filter((one) => one.head === head && !one.row.isAttack && one.isUnverified !== true)
      .map(({ logit }) => logit)
      .sort((a, b) => a - b);
  const ordinary = { user: benign('user'), tool: benign('tool') };
  const rows = [...groups.entries()]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([, group]): ReportRow[] => {
      const [first] = group;
      if (first === undefined) return [];
      const { row, head, isUnverified } = first;
      const { alert, block } = lines[head];
      const share = (line: number): number =>
        round(group.filter(({ logit }) => logit >= line).length / group.length);
      const auc = round(
        group.reduce((sum, { logit }) => sum + below(ordinary[head], logit), 0) / group.length,
      );
      return [
        {
          kind: row.kind,
          source: row.source,
          isAttack: row.isAttack,
          isUnverified: isUnverified === true,
          n: group.length,
          alert: share(alert),
          block: share(block),
          auc,
        },
      ];
    });
  const percent = (share: number): string => `${(share * 100).toFixed(1)} %`.padStart(8);
  const text = rows.map(
    ({ kind, source, isAttack, isUnverified, n, alert, block, auc }) =>
      `${isAttack ? '+' : '-'} ${`${kind}/${source}`.padEnd(40)} ${String(n).padStart(6)} ${percent(alert)} ${percent(block)}  ${auc.toFixed(3)}${isUnverified ? '  (not trained on)' : ''}`,
  );
  return { rows, languages: languageRows(own, lines), text };
}

/** Of the texts that were held out and whose language is known: English ones are in the rows. */
function languageRows(own: readonly Scored[], lines: GroupLines): LanguageRow[] {
  const known = own.filter(
    ({ row, isUnverified }) => row.language !== undefined && isUnverified !== true,
  );
  const groups = Map.groupBy(known, ({ row }) => `${row.language} ${row.isAttack ? '+' : '-'}`);
  return [...groups]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, group]) => {
      const above = (line: 'alert' | 'block'): number =>
        round(group.filter(({ logit, head }) => logit >= lines[head][line]).length / group.length);
      const [language = ''] = name.split(' ');
      return {
        language,
        isAttack: name.endsWith('+'),
        n: group.length,
        alert: above('alert'),
        block: above('block'),
      };
    });
}

const round = (share: number): number => Math.round(share * 10_000) / 10_000;

/** The share of sorted numbers that are smaller. */
function below(sorted: readonly number[], value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle] as number) < value) low = middle + 1;
    else high = middle;
  }
  return sorted.length === 0 ? 0 : low / sorted.length;
}
