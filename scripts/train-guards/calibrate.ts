/** Lines between logits: where ordinary text of sources that were not seen is rarely above. */
import type { HeadName } from './groups.ts';
import type { Row } from './rows.ts';

export interface Scored {
  readonly row: Row;
  readonly head: HeadName;
  readonly logit: number;
  /** Of a source that was not trained on and may not be: for looking only. */
  readonly isUnverified?: boolean;
}

export interface Lines {
  readonly alert: number;
  readonly block: number;
}

/** Under the 1 % and the 0.1 % that are promised, because other sources are other texts. */
const ALERT_SHARE = 0.008;
const BLOCK_SHARE = 0.0008;
/** No kind may be much worse than the mean of them. */
const WORST_KIND = 1.6;

export function linesFor(
  scored: readonly Scored[],
  head: HeadName,
  kinds: readonly string[],
): Lines {
  const byKind = kinds.map((kind) =>
    scored
      .filter(
        (one) =>
          one.head === head &&
          one.row.kind === kind &&
          !one.row.isAttack &&
          one.isUnverified !== true,
      )
      .map(({ logit }) => logit)
      .sort((a, b) => b - a),
  );
  const alert = lineAt(byKind, ALERT_SHARE);
  return { alert, block: Math.max(lineAt(byKind, BLOCK_SHARE), alert + 0.5) };
}

function lineAt(byKind: readonly (readonly number[])[], share: number): number {
  let [low, high] = [-30, 30];
  for (let step = 0; step < 50; step += 1) {
    const line = (low + high) / 2;
    const shares = byKind.map(
      (logits) => logits.filter((logit) => logit >= line).length / logits.length,
    );
    const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
    if (mean > share || Math.max(...shares) > share * WORST_KIND) low = line;
    else high = line;
  }
  return Math.round(high * 1_000) / 1_000;
}
