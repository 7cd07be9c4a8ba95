/**
 * What operators are told of a finding: names, counts and ids, never the text that was found, and
 * nothing that a caller wrote. The body is a promise to receivers (docs/guides/alerts.md): fields may
 * be added, none changes its meaning.
 */
import type { Denial } from '#domain/denial.ts';
import type { Position } from '#domain/passage.ts';
import type { Found } from '#policy/guards/evidence.ts';
import type { Waiting } from '../approvals.ts';
import type { Direction, GuardRule } from '#policy/guards/rule.ts';
import type { RuleNotice } from '#telemetry/alert-rules/rule.ts';
import { isOfHoneyKey } from '../refused-credential.ts';

export type AlertType =
  | 'guard.finding'
  | 'guard.unavailable'
  | 'tool.forbidden'
  | 'approval.waiting'
  | 'key.honey-used'
  | 'key.guessed'
  | 'key.quarantined'
  | 'budget.line'
  | 'budget.overrun'
  | 'audit.spool-filling'
  | 'rule.notice'
  | 'alert.test';

export type Severity = 'low' | 'medium' | 'high';

/** How high a severity is. Whoever asks for one is told of it and of all above it. */
export const SEVERITY: Readonly<Record<Severity, number>> = { low: 0, medium: 1, high: 2 };

export interface Alert {
  readonly type: AlertType;
  readonly severity: Severity;
  readonly tenant: string | null;
  readonly requestId: string | null;
  /** The id of the key, not the key. */
  readonly key: string | null;
  /** The alias that the caller named. */
  readonly model: string | null;
  readonly guard: string | null;
  readonly guardType: string | null;
  readonly on: Direction | null;
  readonly mode: GuardRule['mode'] | null;
  readonly action: Found['action'] | null;
  readonly category: string | null;
  readonly position: Position | null;
  readonly count: number;
  /** Of `approval.waiting`: what the admin API calls the question. */
  readonly approval: string | null;
  /** Of a budget: its name, and how much of it is spent, in whole hundredths. */
  readonly budget: string | null;
  readonly percent: number | null;
  /** Of `rule.notice`: what began or ended. */
  readonly rules: readonly RuleNotice[] | null;
}

/** Whose call it was. */
export type AlertScene = Pick<Alert, 'tenant' | 'requestId' | 'key' | 'model'>;

/** Takes what happened and answers at once: nobody's call waits for a receiver of alerts. */
export interface AlertPort {
  /** Nobody is to be told of anything. */
  readonly isIdle: boolean;
  raise(alert: Alert): void;
}

export function alertOfFound(
  { name, mode, guard }: GuardRule,
  on: Direction,
  { action, category, position, count }: Readonly<Found>,
  scene: AlertScene,
): Alert {
  const isUnavailable = action === 'unavailable';
  return {
    type: isUnavailable ? 'guard.unavailable' : 'guard.finding',
    severity: severityOf(action, mode),
    ...scene,
    guard: name,
    guardType: guard.type,
    on,
    mode,
    action,
    category,
    position,
    count,
    approval: null,
    budget: null,
    percent: null,
    rules: null,
  };
}

function severityOf(action: Found['action'], mode: GuardRule['mode']): Severity {
  if (mode === 'observe' || action === 'alert') return 'low';
  return action === 'block' || action === 'unavailable' ? 'high' : 'medium';
}

export function alertOfDenial(denial: Denial, scene: AlertScene): Alert | null {
  const { reason } = denial;
  if (reason === 'tool-forbidden') return alertOfTool(denial, scene);
  // First: a limit that was reached before says less than the bait that was taken.
  if (isOfHoneyKey(denial)) return alertOfKey('key.honey-used', scene);
  // Secrets that are tried for a key that is not there endanger nobody.
  if (reason !== 'credential-limited' || scene.key === null) return null;
  if (denial.limited === 'address') return null;
  return alertOfKey('key.guessed', scene);
}

/** What became of a key, of whose use nothing was allowed. */
export const alertOfKey = (
  type: 'key.honey-used' | 'key.guessed' | 'key.quarantined',
  scene: AlertScene,
): Alert => ({ ...testAlert, ...scene, type, severity: 'high', mode: 'enforce', action: 'block' });

/** A tool that the role does not have: offered by the caller, or called by the model. */
function alertOfTool(
  denial: Extract<Denial, { readonly reason: 'tool-forbidden' }>,
  scene: AlertScene,
): Alert {
  const isOffered = denial.field !== undefined;
  return {
    type: 'tool.forbidden',
    severity: 'high',
    ...scene,
    guard: null,
    guardType: null,
    on: isOffered ? 'request' : 'reply',
    mode: 'enforce',
    action: 'block',
    category: 'tool-forbidden',
    position: isOffered ? 'tool-definition' : 'tool-arguments',
    count: 1,
    approval: null,
    budget: null,
    percent: null,
    rules: null,
  };
}

/** A tool call waits for a person, who has only so long. */
export function alertOfWaiting({ id, question }: Waiting): Alert {
  const { tenant, model, reasons } = question;
  const [first] = reasons;
  return {
    type: 'approval.waiting',
    severity: 'high',
    tenant,
    requestId: null,
    key: null,
    model,
    guard: first?.guard ?? null,
    guardType: null,
    on: 'reply',
    mode: 'enforce',
    action: 'block',
    category: first?.category ?? null,
    position: 'tool-arguments',
    count: 1,
    approval: `apr_${id}`,
    budget: null,
    percent: null,
    rules: null,
  };
}

/** A budget went past one of its lines. Told once a line and a period. */
export const alertOfLine = (
  budget: string,
  percent: number,
  { tenant, key, model }: Pick<AlertScene, 'tenant' | 'key' | 'model'>,
): Alert => ({
  ...testAlert,
  type: 'budget.line',
  severity: percent >= 100 ? 'high' : 'medium',
  tenant,
  key,
  model,
  budget,
  percent,
});

/** A provider told of more than was held for a call: its prices or its counts are not as we know them. */
export const alertOfOverrun = (scene: AlertScene): Alert => ({
  ...testAlert,
  ...scene,
  type: 'budget.overrun',
  severity: 'high',
});

/** Records wait for a sink that must have them, in so many hundredths of what may wait. */
export const alertOfSpool = (percent: number): Alert => ({
  ...testAlert,
  type: 'audit.spool-filling',
  severity: 'high',
  percent,
});

/** What rules on metrics have to tell one receiver at one time. As severe as the most severe of them. */
export function alertOfRules(rules: readonly RuleNotice[]): Alert {
  const worst = rules.reduce<Severity>(
    (most, { severity }) => (SEVERITY[severity] > SEVERITY[most] ? severity : most),
    'low',
  );
  return { ...testAlert, type: 'rule.notice', severity: worst, count: rules.length, rules };
}

export const testAlert: Alert = {
  type: 'alert.test',
  severity: 'low',
  tenant: null,
  requestId: null,
  key: null,
  model: null,
  guard: null,
  guardType: null,
  on: null,
  mode: null,
  action: null,
  category: null,
  position: null,
  count: 1,
  approval: null,
  budget: null,
  percent: null,
  rules: null,
};

/** One alert as it is sent; its id is the same on every attempt, so that receivers can tell. */
export interface AlertEvent {
  readonly id: string;
  readonly body: string;
  /** For receivers that are people. */
  readonly alert: Alert;
}

/** `merged`: how many of the same came in the window that closed; null for the first of a window. */
export function alertEvent(
  id: string,
  alert: Alert,
  atMs: number,
  merged: { readonly windowMs: number } | null,
): AlertEvent {
  const { type, ...data } = alert;
  const timestamp = new Date(atMs).toISOString();
  const followUp = { isFollowUp: merged !== null, windowMs: merged?.windowMs ?? null };
  const body = JSON.stringify({ type, id, timestamp, data: { ...data, ...followUp } });
  return { id, body, alert };
}
