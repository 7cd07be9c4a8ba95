/** Lines of a ledger and questions to it, for its contract. */
import { type LedgerEntry, type SpendQuery, USAGE_MS } from '#domain/ledger-entry.ts';

/** Begins a quarter of an hour. */
export const FROM_MS = 1_800_000_000_000 - (1_800_000_000_000 % USAGE_MS);
export const DAY_MS = 86_400_000;

let count = 0;

export function entryOf(changed: Partial<LedgerEntry>): LedgerEntry {
  count += 1;
  return {
    id: `call-${count}`,
    end: 'settle',
    atMs: FROM_MS + 1_000,
    tenant: 'acme',
    team: null,
    user: 'ann',
    key: 'key_child',
    rootKey: 'key_root',
    run: null,
    model: 'fast',
    provider: 'openai',
    inputTokens: 10,
    outputTokens: 5,
    cacheReadTokens: 1,
    cacheWriteTokens: 2,
    reasoningTokens: 3,
    costNanoUsd: 100,
    priceVersion: 'v1',
    source: 'provider',
    ...changed,
  };
}

export const all = (changed: Partial<SpendQuery> = {}): SpendQuery => ({
  fromMs: FROM_MS,
  toMs: FROM_MS + DAY_MS,
  where: {},
  models: null,
  ...changed,
});

export const usage = () => ({
  fromMs: FROM_MS,
  toMs: FROM_MS + DAY_MS,
  stepMs: 3_600_000,
  tenant: null,
});
