/** Receivers of alerts out of a configuration, and the hub that outlives it. */
import type { AdminAlertTest } from '#admin/contract.ts';
import { type AlertTargetSection, webhookSecretBytes } from '#config/alerts-section.ts';
import type { Config } from '#config/config.ts';
import type { Custody } from '#custody/custody.ts';
import { referredSealed } from '#custody/sealed.ts';
import { AlertHub, type AlertWay } from '#gateway/alerts/alert-hub.ts';
import { type Delivery, HttpAlertSender } from '#gateway/alerts/alert-sender.ts';
import { alertResults } from '#gateway/alerts/alert-target.ts';
import { verdictOf } from '#gateway/alerts/verdict.ts';
import { systemTimers } from '#audit/timers.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import type { AlertMetrics } from '#telemetry/alert-metrics.ts';

import { ruleReceiverWays } from './rule-receivers.ts';
import { openedKey, type SigningKey } from './signing-key.ts';
import type { World } from './world.ts';

/** What waits for a receiver when the gateway stops is tried once more, for at most this long. */
export const ALERT_DRAIN_MS = 5_000;

export const openAlertHub = ({ clock, log }: World, meter: AlertMetrics): AlertHub =>
  new AlertHub({
    clock,
    random: Math.random,
    newId: () => `alt_${randomBase62(24)}`,
    after: (ms, callback) => systemTimers.after(ms, callback),
    meter: {
      ended: (target, result, count) => meter.ended(target, result, count),
      retried: (target) => meter.retried(target),
    },
    lost: (target, reason, count) => log.write('error', 'alerts-lost', { target, reason, count }),
  });

export interface AlertPorts {
  readonly clock: Clock;
  readonly custody: Custody;
}

/** May throw `ConfigProblem`; nothing is connected before the first alert. */
export const alertWays = (config: Config, ports: AlertPorts): AlertWay[] => [
  ...webhookWays(config, ports),
  ...ruleReceiverWays(config, ports.clock),
];

const webhookWays = ({ alerts }: Config, ports: AlertPorts): AlertWay[] =>
  alerts.map((section, index) => ({
    settings: {
      name: section.name,
      severityMin: section.severityMin,
      events: section.events ?? null,
      guards: section.guards ?? null,
      tenants: section.tenants ?? null,
      attemptsMax: section.attemptsMax,
      ageMaxMs: section.ageMax.ms,
      dedupWindowMs: section.dedupWindow.ms,
      queueMax: section.queueMax,
    },
    sender: senderOf(section, index, ports),
  }));

function senderOf(
  section: AlertTargetSection,
  index: number,
  { clock, custody }: AlertPorts,
): HttpAlertSender {
  const { name, url, secret, previousSecret, allowPrivateAddress, timeout } = section;
  const { origin } = new URL(url);
  const keyOf = (text: string, purpose: 'secret' | 'previousSecret'): SigningKey => {
    const sealed = referredSealed(text);
    if (sealed !== null) {
      const bound = { tenant: null, owner: `alert/${name}`, purpose, origins: [origin] } as const;
      return () => custody.open(bound, sealed, openedKey);
    }
    const key = webhookSecretBytes(text);
    // Tools read a file without its secrets; what stands in their place signs nothing.
    if (key === null) throw new ConfigProblem(['alerts', index, purpose], 'the secret is not here');
    return () => key;
  };
  const newest = keyOf(secret, 'secret');
  const older = previousSecret === undefined ? null : keyOf(previousSecret, 'previousSecret');
  return new HttpAlertSender(
    {
      url: new URL(url),
      keys: async () => (older === null ? [await newest()] : [await newest(), await older()]),
      allowPrivateAddress,
      timeoutMs: timeout.ms,
    },
    clock,
  );
}

/** Swaps the receivers. Their numbers are there before their first alert. */
export function useAlertWays(hub: AlertHub, ways: readonly AlertWay[], meter: AlertMetrics): void {
  for (const { settings } of ways) meter.begun(settings.name, alertResults);
  hub.use(ways);
}

export async function testAlertTarget(hub: AlertHub, name: string): Promise<AdminAlertTest | null> {
  const delivery = await hub.test(name);
  if (delivery === null) return null;
  const { status, ms } = delivery;
  const verdict = verdictOf(delivery, 1, () => 0);
  const isDelivered = verdict.kind === 'delivered';
  return { target: name, isDelivered, status, ms, problem: isDelivered ? null : said(delivery) };
}

/** The kind of what went wrong; nothing that the receiver wrote. */
const said = ({ status, fault }: Delivery): string =>
  status === null ? (FAULTS.get(fault) ?? 'no connection') : `status ${status}`;

const FAULTS: ReadonlyMap<Delivery['fault'], string> = new Map([
  ['secret-unreadable', 'its secret does not open: enter it again'],
  ['secret-unavailable', 'its secret cannot be opened now: is the root key there?'],
  ['egress-refused', 'the address is not public, and allowPrivateAddress is not set'],
  ['provider-timeout', 'no answer in time'],
  ['provider-cut', 'the connection broke'],
  ['provider-reply-invalid', 'the answer cannot be read'],
]);
