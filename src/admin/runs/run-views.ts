/** Runs as they are shown: to the agent that has them, and to administrators. */
import { NANO_PER_USD } from '#domain/money.ts';
import type { Ledger } from '#storage/ledger.ts';
import type { KeyRecord } from '#storage/records.ts';

import { timeText } from '../views.ts';
import { RUN_PREFIX } from './run-service.ts';

export type RunState = 'live' | 'ended' | 'over';

/** `chain`: the run, and everything above it. What has ended above has ended it. */
export function runStateOf(chain: readonly KeyRecord[], nowMs: number): RunState {
  if (chain.some(({ revokedMs, quarantinedMs }) => (revokedMs ?? quarantinedMs) !== null)) {
    return 'ended';
  }
  return chain.some(({ expiresMs }) => expiresMs !== null && expiresMs <= nowMs) ? 'over' : 'live';
}

export const usdOf = (nanoUsd: number | null): number | null =>
  nanoUsd === null ? null : nanoUsd / NANO_PER_USD;

const listOf = (names: readonly string[] | null | undefined): string[] | null =>
  names === null || names === undefined ? null : [...names];

/** What both are shown. */
export function showRun({ id, name, scope, run, createdMs, expiresMs }: KeyRecord) {
  const { nanoUsd = null, calls = null, depth = 0, path = id } = run ?? {};
  const above = path.split('/').at(-2);
  return {
    id: RUN_PREFIX + id,
    name,
    /** The run that it was minted from, if it was. */
    parent: above === undefined ? null : RUN_PREFIX + above,
    usd: usdOf(nanoUsd),
    calls,
    depth,
    tools: listOf(scope?.tools),
    models: listOf(scope?.models),
    createdAt: timeText(createdMs),
    expiresAt: timeText(expiresMs ?? createdMs),
  };
}

/** By the ledger, with all runs under it. `nanoUsd`: whole nano-dollars. */
export async function spentOf(
  ledger: Pick<Ledger, 'spent' | 'calls'>,
  { id, tenant, run }: KeyRecord,
): Promise<{ readonly nanoUsd: number; readonly calls: number }> {
  const where = { tenant, run: run?.path ?? id };
  const query = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, models: null, where };
  const [nanoUsd, calls] = await Promise.all([ledger.spent(query), ledger.calls(query)]);
  return { nanoUsd, calls };
}
