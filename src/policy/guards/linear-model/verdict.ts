/** From what a model sees to a verdict: a few numbers to a logit, and a logit to a score between lines. */

/** Logistic regression over the dense features of a guard; their order is part of the trained weights. */
export interface Judge {
  readonly bias: number;
  readonly weights: readonly number[];
}

export function judge(dense: Float64Array, { bias, weights }: Judge): number {
  let logit = bias;
  for (const [index, value] of dense.entries()) logit += value * (weights[index] ?? 0);
  return logit;
}

/** What the judge says that says most: none of them clears what another one sees. */
export function judgeAll(dense: Float64Array, judges: readonly Judge[]): number {
  let most = -Infinity;
  for (const by of judges) most = Math.max(most, judge(dense, by));
  return most;
}

/** A text above `alert` is recorded; above `block` the rule's action applies. */
export interface Lines {
  readonly alert: number;
  readonly block: number;
}

/** A logit this far below the alert line is a score of 0. */
const CLEAN_BELOW = 8;

/** The alert line is a score of 0.5 and the block line one of 0.9, whatever the logits are. */
export function scoreOf(logit: number, { alert, block }: Lines): number {
  const raw =
    logit < alert
      ? 0.5 * Math.max(0, 1 - (alert - logit) / CLEAN_BELOW)
      : logit < block
        ? 0.5 + (0.4 * (logit - alert)) / (block - alert)
        : 1 - 0.1 * Math.exp(block - logit);
  // Rounded down: a score is never at a line that the text is below.
  return Math.floor(raw * 1_000) / 1_000;
}

const LOGIT_MAX = 12;
/** One window of words in a row must not outweigh everything else. */
export const clampLogit = (logit: number): number =>
  Math.max(-LOGIT_MAX, Math.min(LOGIT_MAX, logit));
