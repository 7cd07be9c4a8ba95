/**
 * All receivers of alerts. It outlives configurations, as the log does: a reload changes where alerts
 * go, and what waits under a name that is still there goes to the new place.
 */
import { type Alert, type AlertPort, testAlert } from './alert.ts';
import type { AlertSender, Delivery } from './alert-sender.ts';
import { type AlertPorts, AlertTarget, type AlertTargetSettings } from './alert-target.ts';

export interface AlertWay {
  readonly settings: AlertTargetSettings;
  readonly sender: AlertSender;
}

export class AlertHub implements AlertPort {
  readonly #targets = new Map<string, AlertTarget>();
  readonly #ports: AlertPorts;

  constructor(ports: AlertPorts) {
    this.#ports = ports;
  }

  get isIdle(): boolean {
    return this.#targets.size === 0;
  }

  raise(alert: Alert): void {
    for (const target of this.#targets.values()) target.take(alert);
  }

  /** One of them, by its name; one that is gone is told nothing. */
  tell(name: string, alert: Alert): void {
    this.#targets.get(name)?.tell(alert);
  }

  /** The targets of a configuration, in place of those before. Names are unique in it. */
  use(ways: readonly AlertWay[]): void {
    const names = new Set(ways.map(({ settings }) => settings.name));
    for (const [name, target] of this.#targets) {
      if (names.has(name)) continue;
      this.#targets.delete(name);
      // An operator who takes a receiver out wants nothing more sent there.
      target.end('the target was removed').catch(() => {});
    }
    for (const { settings, sender } of ways) {
      const known = this.#targets.get(settings.name);
      if (known === undefined) {
        this.#targets.set(settings.name, new AlertTarget(settings, sender, this.#ports));
      } else known.replace(settings, sender);
    }
  }

  /** Sends a test past queue and filters; null where there is no such target. */
  async test(name: string): Promise<Delivery | null> {
    return (await this.#targets.get(name)?.test(testAlert)) ?? null;
  }

  queued(): readonly (readonly [name: string, count: number])[] {
    return [...this.#targets].map(([name, { queued }]) => [name, queued]);
  }

  async drain(deadlineMs: number): Promise<void> {
    await Promise.all(this.#targets.values().map((target) => target.drain(deadlineMs)));
    this.#targets.clear();
  }
}
