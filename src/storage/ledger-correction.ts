/** What a second word on a call says beside the first, which the end of its lease has said. */
import type { LedgerEntry } from '#domain/ledger-entry.ts';

/** `before`: the columns of the line that is there. What comes out may be less than nothing. */
export function correctionOf(entry: LedgerEntry, before: (column: string) => number): LedgerEntry {
  return {
    ...entry,
    // Of the period that was charged, whatever the two said of the moment.
    atMs: before('at_ms'),
    inputTokens: entry.inputTokens - before('input_tokens'),
    outputTokens: entry.outputTokens - before('output_tokens'),
    cacheReadTokens: entry.cacheReadTokens - before('cache_read_tokens'),
    cacheWriteTokens: entry.cacheWriteTokens - before('cache_write_tokens'),
    reasoningTokens: entry.reasoningTokens - before('reasoning_tokens'),
    costNanoUsd: entry.costNanoUsd - before('cost_nano_usd'),
  };
}
