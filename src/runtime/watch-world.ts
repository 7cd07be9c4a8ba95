/** What happens in the world that somebody is told of: by metrics, and by alerts. */
import {
  alertOfLine,
  type AlertPort,
  alertOfSpool,
  alertOfWaiting,
} from '#gateway/alerts/alert.ts';
import type { BudgetScope } from '#policy/limiters/limiter.ts';
import { auditMetrics } from '#telemetry/audit-metrics.ts';
import { counterMetrics } from '#telemetry/counter-metrics.ts';
import type { Metrics } from '#telemetry/metrics.ts';
import { sinkMetrics } from '#telemetry/sink-metrics.ts';
import { storeMetrics } from '#telemetry/store-metrics.ts';

import { counterState } from './shared-counters.ts';
import type { World } from './world.ts';

export function watchWorld(world: World, metrics: Metrics, alerts: AlertPort): void {
  const { counting, sinks, auditRoom, approvals } = world;
  counting.onCrossing(({ demand: { quota, scope }, line }) => {
    const percent = Math.round((line * 100) / quota.amount);
    alerts.raise(alertOfLine(quota.limit, percent, ownerOf(scope)));
  });
  counterMetrics(metrics, counterState(counting.shared));
  storeMetrics(metrics, world.store);
  sinks.meter = sinkMetrics(metrics, () => sinks.status());
  sinks.onSpoolFilling = (percent) => alerts.raise(alertOfSpool(percent));
  auditMetrics(metrics, auditRoom.state());
  approvals.onAsked = (waiting) => alerts.raise(alertOfWaiting(waiting));
}

/** Whom a budget is of, as far as an alert names it. */
const ownerOf = (scope: BudgetScope | null) => ({
  tenant: scope?.where.tenant ?? null,
  key: scope?.where.key ?? null,
  model: scope?.where.model ?? null,
});
