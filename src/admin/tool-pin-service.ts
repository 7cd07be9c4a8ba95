/** Forgetting a pinned tool definition: one transaction with its outbox row. */
import type { ToolPinRecord } from '#storage/records.ts';
import type { Storage } from '#storage/storage.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import { err, type Result } from '#stdx/result.ts';

import { innerId, PIN_PREFIX } from './views.ts';

export interface ToolPinProblem {
  readonly reason: 'pin-unknown' | 'stale-version';
}

interface Ports {
  readonly storage: Storage;
  readonly clock: Clock;
}

/** `id`: as it is shown, or without its prefix. */
export async function forgetToolPin(
  { storage, clock }: Ports,
  id: string,
  actor: string,
): Promise<Result<ToolPinRecord, ToolPinProblem>> {
  const pin = await storage.toolPins.find(innerId(id, PIN_PREFIX) ?? id);
  if (pin === null) return err({ reason: 'pin-unknown' });
  const { tenant, digest, changedDigest, version } = pin;
  const entry = {
    id: `chg_${randomBase62(20)}`,
    at: clock.nowMs(),
    actor,
    action: 'tool-pin.delete',
    resource: `tool-pin/${PIN_PREFIX}${pin.id}`,
    tenant,
    diff: { digest, changedDigest },
  };
  const removed = await storage.change(entry, (tx) => tx.toolPins.remove(pin.id, version));
  return removed.ok ? { ok: true, value: pin } : removed;
}
