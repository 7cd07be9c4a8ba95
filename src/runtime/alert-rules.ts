/**
 * Looks at the rules of the configuration every few seconds, out of the metrics in memory, and tells their
 * receivers. The store is read for silences when one changed, and once an hour for the ends of keys.
 */
import { systemTimers } from '#audit/timers.ts';
import type { AdminAlertRule } from '#admin/alert-contract.ts';
import { type AlertRuleSection, thresholdOf } from '#config/alert-rules-section.ts';
import type { Config } from '#config/config.ts';
import { faultCodeOf } from '#domain/fault.ts';
import { alertOfRules } from '#gateway/alerts/alert.ts';
import type { AlertHub } from '#gateway/alerts/alert-hub.ts';
import { assert } from '#stdx/assert.ts';
import type { Metrics } from '#telemetry/metrics.ts';
import { isSilenced, NoticePlan, type Silence } from '#telemetry/alert-rules/notice-plan.ts';
import type { AlertRule } from '#telemetry/alert-rules/rule.ts';
import { RuleEngine } from '#telemetry/alert-rules/rule-engine.ts';

import { keyEnds } from './key-ends.ts';
import type { World } from './world.ts';

const SILENCES_MAX = 500;
const KEYS_EVERY_MS = 3_600_000;

export class AlertRules {
  readonly #engine = new RuleEngine();
  readonly #plan = new NoticePlan();
  readonly #world: Pick<World, 'storage' | 'clock' | 'log'>;
  readonly #metrics: Metrics;
  readonly #hub: AlertHub;
  readonly #stopWatching: () => void;
  #silences: readonly Silence[] = [];
  #isStale = true;
  #keyEndsMs: readonly number[] = [];
  #keysReadMs = Number.NEGATIVE_INFINITY;
  #everyMs = 0;
  #repeatMs = 0;
  #stopTimer: (() => void) | null = null;

  constructor(world: Pick<World, 'storage' | 'clock' | 'log'>, metrics: Metrics, hub: AlertHub) {
    this.#world = world;
    this.#metrics = metrics;
    this.#hub = hub;
    this.#stopWatching = world.storage.onChange(() => {
      this.#isStale = true;
    });
  }

  /** Without rules there is no timer. */
  use({ alertRules: { rules, every, repeat } }: Config): void {
    this.#engine.use(rules.map(ruleOf));
    this.#repeatMs = repeat.ms;
    this.#everyMs = every.ms;
    this.#stopTimer?.();
    this.#stopTimer = null;
    if (rules.length > 0) this.#later();
  }

  stop(): void {
    this.#stopWatching();
    this.#stopTimer?.();
    this.#stopTimer = null;
    this.#engine.use([]);
  }

  list(): readonly AdminAlertRule[] {
    const views = this.#engine.states();
    const nowMs = this.#world.clock.nowMs();
    return this.#engine.rules.map((rule) => ({
      name: rule.name,
      type: rule.type,
      severity: rule.severity,
      threshold: rule.threshold,
      windowSeconds: rule.windowMs / 1_000,
      forSeconds: rule.forMs / 1_000,
      receivers: rule.receivers,
      states: views
        .filter((view) => view.rule === rule)
        .map((view) => ({
          subject: view.subject,
          state: view.state.phase,
          since: new Date(view.state.sinceMs).toISOString(),
          value: view.state.value,
          isSilenced: isSilenced(view, this.#silences, nowMs),
        })),
    }));
  }

  #later(): void {
    this.#stopTimer = systemTimers.after(this.#everyMs, () => {
      const failed = (): void => this.#world.log.write('error', 'alert-rules-failed');
      // A bug of ours here must not end a gateway; the next look may do.
      void this.#look()
        .catch(failed)
        .finally(() => {
          // A reload in between has begun a timer of its own, or none.
          if (this.#stopTimer !== null && this.#engine.rules.length > 0) this.#again();
        });
    });
  }

  #again(): void {
    this.#stopTimer?.();
    this.#later();
  }

  async #look(): Promise<void> {
    const { clock, log } = this.#world;
    try {
      await this.#read();
    } catch (thrown) {
      // What was read before counts: a store that is away must not make rules loud, or quiet.
      log.write('error', 'alert-rules-stale', { code: faultCodeOf(thrown) });
    }
    const nowMs = clock.nowMs();
    const facts = { nowMs, keyEndsMs: this.#keyEndsMs };
    this.#engine.look(this.#metrics.snapshot(), facts, clock.monotonicMs());
    const times = { nowMs, repeatMs: this.#repeatMs };
    const due = this.#plan.next(this.#engine.states(), this.#silences, times);
    for (const [receiver, notices] of due) this.#hub.tell(receiver, alertOfRules(notices));
  }

  async #read(): Promise<void> {
    const { storage, clock } = this.#world;
    if (this.#isStale) {
      this.#isStale = false;
      const { items } = await storage.alertSilences.list({ limit: SILENCES_MAX });
      this.#silences = items;
    }
    const isAsked = this.#engine.rules.some(({ type }) => type === 'key-expiry');
    const nowMs = clock.monotonicMs();
    if (!isAsked || nowMs - this.#keysReadMs < KEYS_EVERY_MS) return;
    this.#keysReadMs = nowMs;
    this.#keyEndsMs = await keyEnds(storage, clock.nowMs());
  }
}

function ruleOf(section: AlertRuleSection): AlertRule {
  const { name, type, severity, receivers, requestsMin } = section;
  const threshold = thresholdOf(type, section.threshold);
  assert(threshold !== null, 'the schema lets only thresholds in the unit of the type through');
  return {
    name,
    type,
    severity,
    receivers,
    requestsMin,
    threshold,
    windowMs: section.window.ms,
    forMs: section.for.ms,
  };
}
