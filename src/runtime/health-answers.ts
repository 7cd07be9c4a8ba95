/** What the listeners say of health: whether calls are taken, and the metrics where they are asked for. */
import { isAtLeast } from '#gateway/overload/stage.ts';
import type { Config } from '#config/config.ts';
import type { Health as HealthAnswers } from '#server/health.ts';
import type { Metrics } from '#telemetry/metrics.ts';
import { prometheusText } from '#telemetry/prometheus-text.ts';
import { withoutTenants } from '#telemetry/without-tenants.ts';

import type { Overload } from './overload.ts';
import type { World } from './world.ts';

export interface HealthParts {
  readonly data: () => { readonly isLeaving: boolean };
  readonly overload: Overload;
  readonly world: World;
  readonly metrics: Metrics;
  readonly config: () => Config;
  /** For a reason that is not of this process; null: there is none. */
  readonly unready: () => string | null;
}

export const healthAnswers = ({
  data,
  overload,
  world,
  metrics,
  config,
  unready,
}: HealthParts): HealthAnswers => ({
  unready() {
    if (data().isLeaving) return 'draining';
    if (isAtLeast(overload.stage, 'shed')) return 'overloaded';
    // Every call would get 503.
    if (world.store.mode() === 'stale') return 'store away for too long';
    return world.auditRoom.callAudit.unready() ?? unready();
  },
  note: () => notesOf(world).join('; ') || null,
  metrics(isWhole) {
    if (!config().telemetry.prometheus) return '';
    const families = metrics.snapshot();
    return prometheusText(isWhole ? families : withoutTenants(families));
  },
});

/** What does not answer, and what was declared for that, while calls are taken all the same. */
export function notesOf({ store, counting }: Pick<World, 'store' | 'counting'>): string[] {
  const notes: string[] = [];
  if (store.mode() === 'snapshot') notes.push('store away: served from a snapshot');
  const { shared } = counting;
  if (shared !== null && !shared.isUp) {
    const { limits, budgets } = shared.whileAway;
    notes.push(`counters away: limits ${limits}, budgets ${budgets}`);
  }
  return notes;
}
