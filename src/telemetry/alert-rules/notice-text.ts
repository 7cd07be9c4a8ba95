/** Notices for people, in words of ours: names of the operator and numbers, nothing of a caller. */
import type { RuleNotice, RuleType } from './rule.ts';

const WHAT: Readonly<Record<RuleType, string>> = {
  'error-rate': 'requests that end with a server error',
  'latency-p95': 'the 95th percentile of the duration of requests',
  spend: 'spent',
  blocks: 'calls that were blocked',
  'credential-failures': 'credentials that were refused',
  'provider-down': 'a deployment is not called, as it fails',
  'audit-broken': 'the audit log does not do what it must',
  'anchor-age': 'since an anchor took a checkpoint',
  'sink-lag': 'a receiver of audit records is behind',
  'certificate-expiry': 'until a certificate ends',
  'key-expiry': 'until the first key ends',
};

const rounded = (value: number): string => String(Number(value.toPrecision(4)));

const seconds = (value: number): string =>
  value >= 86_400 ? `${rounded(value / 86_400)} d` : `${rounded(value)} s`;

const UNITS: Readonly<Record<RuleType, ((value: number) => string) | null>> = {
  'error-rate': (value) => `${rounded(value * 100)} %`,
  'latency-p95': seconds,
  spend: (value) => `${rounded(value)} USD`,
  blocks: rounded,
  'credential-failures': rounded,
  // They are, or they are not.
  'provider-down': null,
  'audit-broken': null,
  'anchor-age': seconds,
  'sink-lag': seconds,
  'certificate-expiry': seconds,
  'key-expiry': seconds,
};

export function noticeLine(notice: RuleNotice): string {
  const { rule, type, severity, state, subject, value, threshold } = notice;
  const about = subject === '' ? '' : ` [${subject}]`;
  const unit = UNITS[type];
  const numbers =
    unit === null || value === null ? '' : `: ${unit(value)} (threshold ${unit(threshold)})`;
  const word = state === 'firing' ? 'FIRING' : 'RESOLVED';
  return `${word} ${rule}${about} (${severity}) ${WHAT[type]}${state === 'firing' ? numbers : ''}`;
}

/** One line for a subject or a notification. */
export function noticeTitle(notices: readonly RuleNotice[]): string {
  const firing = notices.filter(({ state }) => state === 'firing').length;
  const resolved = notices.length - firing;
  const parts = [
    ...(firing > 0 ? [`${firing} firing`] : []),
    ...(resolved > 0 ? [`${resolved} resolved`] : []),
  ];
  const [first] = notices;
  const name = notices.length === 1 && first !== undefined ? `: ${first.rule}` : '';
  return `LLMProxy ${parts.length === 0 ? 'test' : parts.join(', ')}${name}`;
}
