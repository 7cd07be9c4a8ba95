/**
 * Puts a key aside whose calls are refused again and again: a stolen key that is tried out, or a
 * program that was talked into something. The change is the gateway's own, with its record, and an
 * administrator takes it back.
 */
import { changeKey, quarantinedKey } from '#admin/key-service.ts';
import type { DenialReason } from '#domain/denial.ts';
import { faultCodeOf } from '#domain/fault.ts';
import { holderOf } from '#domain/principal.ts';
import { type AlertPort, alertOfKey } from '#gateway/alerts/alert.ts';
import type { MisusePort } from '#gateway/key-ports.ts';
import type { Rate } from '#policy/limiters/rate.ts';
import { type Bucket, debtAt, draw, emptyDebt, fits } from '#policy/limiters/token-bucket.ts';
import { Lru } from '#stdx/lru.ts';

import type { World } from './world.ts';

/** What no caller is refused by accident for long. Limits and faults are none of it. */
const MISUSES: ReadonlySet<DenialReason> = new Set([
  'action-forbidden',
  'model-unknown',
  'model-forbidden',
  'condition-unmet',
  'rule-denied',
  'tool-forbidden',
  'state-refused',
  'content-blocked',
]);

const KEYS_MAX = 20_000;

export function quarantineOf(
  rate: Rate,
  alerts: AlertPort,
  { storage, clock, log }: Pick<World, 'storage' | 'clock' | 'log'>,
): MisusePort {
  const buckets = new Lru<string, Bucket>(KEYS_MAX);
  /** A key that is being put aside is not put aside twice by the calls that come meanwhile. */
  const pending = new Set<string>();

  const putAside = async (keyId: string, tenant: string): Promise<void> => {
    const told = { actor: 'gateway', action: 'key.quarantine', diff: { quarantined: true } };
    const done = await changeKey({ storage, clock }, keyId, told, (record) =>
      quarantinedKey(record, clock.nowMs()),
    );
    // Revoked or put aside meanwhile, by somebody else: it works no more, which was wanted.
    if (!done.ok) return;
    alerts.raise(
      alertOfKey('key.quarantined', { tenant, requestId: null, key: keyId, model: null }),
    );
  };

  return {
    denied(principal, reason) {
      // Whoever is refused with one run token would mint another.
      const { keyId, tenant } = holderOf(principal);
      if (keyId === null || !MISUSES.has(reason) || pending.has(keyId)) return;
      const nowMs = clock.monotonicMs();
      const known = buckets.get(keyId) ?? emptyDebt(rate, nowMs);
      if (fits(debtAt(known, rate, nowMs), 1, rate)) {
        draw(known, 1, rate, nowMs);
        buckets.set(keyId, known);
        return;
      }
      buckets.delete(keyId);
      pending.add(keyId);
      putAside(keyId, tenant)
        // The next refusals of the key try again: nothing is lost but time.
        .catch((thrown: unknown) => {
          log.write('error', 'quarantine-failed', { code: faultCodeOf(thrown) });
        })
        .finally(() => pending.delete(keyId));
    },
  };
}
