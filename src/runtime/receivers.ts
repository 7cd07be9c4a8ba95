/** Who is told of things outside, as a configuration names them: of alerts, of records, of what was used. */
import type { Config } from '#config/config.ts';
import type { AlertHub } from '#gateway/alerts/alert-hub.ts';
import type { AlertMetrics } from '#telemetry/alert-metrics.ts';

import type { AlertRules } from './alert-rules.ts';
import { alertWays, useAlertWays } from './alerts.ts';
import type { World } from './world.ts';

export interface Receivers {
  /** Puts those of a configuration in force when it is called. May throw `ConfigProblem`; connects to nothing. */
  plan(config: Config): () => void;
}

export interface ReceiverParts {
  readonly world: Pick<World, 'clock' | 'custody' | 'counting' | 'sinks'>;
  readonly alerts: AlertHub;
  readonly alertMeter: AlertMetrics;
  readonly alertRules: AlertRules;
}

export const ownReceivers = (parts: ReceiverParts): Receivers => ({
  plan(config) {
    const { world, alerts, alertMeter, alertRules } = parts;
    const { clock, sinks, custody, counting } = world;
    const ways = alertWays(config, { clock, custody: custody.custody });
    const plans = sinks.plans(config);
    return () => {
      useAlertWays(alerts, ways, alertMeter);
      alertRules.use(config);
      counting.meterPush.use(config);
      sinks.use(plans, config);
    };
  },
});
