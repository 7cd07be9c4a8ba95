/** Lines between logits: where ordinary text of sources that were not seen is rarely above. */
import type { Lines } from '#policy/guards/linear-model/verdict.ts';

import type { HeadName, Ordinary } from './groups.ts';
import type { Row } from './rows.ts';

export interface Scored {
  readonly row: Row;
  readonly head: HeadName;
  readonly logit: number;
  /** Of a source that was not trained on and may not be: for looking only. */
  readonly isUnverified?: boolean;
}

/** Well under the 1 % and the 0.1 % that are promised, because other sources are other texts. */
const ALERT_SHARE = 0.007;
const BLOCK_SHARE = 0.0004;
/** At the block line, hard texts may be above as often as this part of what they may at the alert line. */
const BLOCK_PART = 0.07;

export function linesFor(scored: readonly Scored[], head: HeadName, ordinary: Ordinary): Lines {
  const own = scored.filter(
    (one) => one.head === head && !one.row.isAttack && one.isUnverified !== true,
  );
  const logitsOf = (name: string): number[] =>
    own
      .filter(({ row }) => name === row.kind || name === `${row.kind}/${row.source}`)
      .map(({ logit }) => logit);
  const usual = ordinary.usual.map(logitsOf);
  const hard = Object.entries(ordinary.hard).map(([name, share]) => ({
    logits: logitsOf(name),
    share,
  }));
  const alert = lineAt(ALERT_SHARE, usual, hard);
  const harder = hard.map(({ logits, share }) => ({ logits, share: share * BLOCK_PART }));
  return { alert, block: Math.max(lineAt(BLOCK_SHARE, usual, harder), alert + ordinary.apart) };
}

export interface Hard {
  readonly logits: readonly number[];
  readonly share: number;
}

const above = (logits: readonly number[], line: number): number =>
  logits.filter((logit) => logit >= line).length / logits.length;

/** The lowest line that keeps every promise. */
export function lineAt(
  share: number,
  usual: readonly (readonly number[])[],
  hard: readonly Hard[],
): number {
  let [low, high] = [-30, 30];
  for (let step = 0; step < 50; step += 1) {
    const line = (low + high) / 2;
    const mean = usual.reduce((sum, logits) => sum + above(logits, line), 0) / usual.length;
    const isKept = mean <= share && hard.every((one) => above(one.logits, line) <= one.share);
    if (isKept) high = line;
    else low = line;
  }
  return Math.round(high * 1_000) / 1_000;
}
