/**
 * What a call has cost: its answer, and each attempt before it that came to nothing here and that its
 * provider may have made all the same.
 */
import type { AuditDraft } from '#audit/record.ts';
import type { Call } from '#domain/call.ts';
import type { Price, Usage } from '#domain/money.ts';
import { costOf } from '#metering/cost.ts';

import type { Attempt, Lost } from './attempt.ts';

/** At one price; null where nobody knows it. */
export function costOfUsage(usage: Usage, call: Call | null, price: Price | null): number | null {
  if (call?.action === 'count-tokens') return 0;
  const opaques = call?.opaques ?? [];
  const images = opaques.length === 0 ? 0 : opaques.filter(({ kind }) => kind === 'image').length;
  return costOf(usage, price, images);
}

const NOTHING: readonly Lost[] = [];

/** Nearly every call has lost nothing. */
export const lostIn = (attempts: readonly Attempt[]): readonly Lost[] =>
  attempts.some(({ lost }) => lost !== null) ? attempts.flatMap(({ lost }) => lost ?? []) : NOTHING;

interface Spent {
  /** Of the answer; null: there was none. */
  readonly usage: Usage | null;
  /** What it is charged, and what its provider has told that it costs. */
  readonly answerNanoUsd: number | null;
  readonly toldNanoUsd: number | null;
  /** Of all of it. */
  readonly costNanoUsd: number | null;
  readonly attempts: readonly Attempt[];
}

/** All that was used, with what was lost, of which the attempts say their parts. */
export function usageEntryOf(spent: Spent): AuditDraft['usage'] {
  const { usage, attempts } = spent;
  const lost = lostIn(attempts);
  if (usage === null && lost.length === 0) return undefined;
  const isCut = (spent.answerNanoUsd ?? 0) < (spent.toldNanoUsd ?? 0);
  const price = usage === null ? null : attempts.at(-1)?.deployment.price;
  return {
    ...tokensWith(lost, usage),
    cacheReadTokens: usage?.cacheReadTokens || undefined,
    cacheWriteTokens: usage?.cacheWriteTokens || undefined,
    cacheWriteLongTokens: usage?.cacheWriteLongTokens || undefined,
    reasoningTokens: usage?.reasoningTokens || undefined,
    hostedToolCalls: usage?.hostedToolCalls || undefined,
    source: isCut ? 'ceiling' : (usage?.source ?? 'estimated'),
    costNanoUsd: spent.costNanoUsd ?? 0,
    priceVersion: price?.version ?? lost.at(-1)?.priceVersion,
  };
}

/** Of the answer, if there was one, and of what was lost. */
export const tokensWith = (lost: readonly Lost[], answer: Usage | null) => ({
  inputTokens: lost.reduce((sum, one) => sum + one.inputTokens, answer?.inputTokens ?? 0),
  outputTokens: lost.reduce((sum, one) => sum + one.outputTokens, answer?.outputTokens ?? 0),
});
