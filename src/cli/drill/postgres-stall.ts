/** What is asked of a gateway whose PostgreSQL does not answer in time, whether it hangs or is slow. */
import type { Lab } from './lab.ts';
import { isLedgerExact, type PostgresScene } from './postgres-scene.ts';
import { within } from './wait.ts';

/** One look-up that is waited for, and what a busy machine is late by. */
const CALL_MS_MAX = 3_000;
const CHANGE_MS_MAX = 12_000;
const CALLS = 6;

export interface Stall {
  begin(): void;
  end(): void;
  /** Until changes are made again. */
  readonly backMs: number;
}

export async function stalled(lab: Lab, scene: PostgresScene, stall: Stall): Promise<void> {
  const { gateway, used, unused, revoked } = scene;
  stall.begin();
  const calls = await Promise.all(
    Array.from({ length: CALLS }, (_each, at) =>
      gateway.call(at % 2 === 0 ? used.key : unused.key),
    ),
  );
  const slowest = Math.max(...calls.map(({ ms }) => ms));
  const statuses = [...new Set(calls.map(({ status }) => status))];
  lab.same('served', 'calls with known keys', [statuses, [200]]);
  const claim = `none waits longer than ${CALL_MS_MAX / 1_000} s`;
  lab.check('served', claim, slowest < CALL_MS_MAX, `${Math.round(slowest)} ms`);
  const later = await lab.statuses(1, () => gateway.status(unused.key));
  lab.same('served', 'and as long as it lasts', [later, [200]]);
  lab.same('refused', 'a key that was revoked before', [await gateway.status(revoked.key), 401]);
  const made = await gateway.admin('POST', 'tenants', { id: 'late' });
  lab.same('refused', 'a change: 503, in time', [
    [made.status, made.ms < CHANGE_MS_MAX],
    [503, true],
  ]);
  stall.end();
  const { backMs } = stall;
  const isBack = await within(backMs, async () => {
    const { status } = await gateway.admin('POST', 'tenants', { id: 'later' });
    return status === 201;
  });
  lab.check('recovers', `changes are made again within ${backMs / 1_000} s`, isBack);
  const isExact = await isLedgerExact(scene, backMs);
  lab.check('recovers', 'the ledger has every call, to the nano-dollar', isExact);
}
