/**
 * What is left of the limits, in the three forms that clients read: OpenAI's, Anthropic's, and the
 * structured fields of draft-ietf-httpapi-ratelimit-headers-11 (a draft: the names may change).
 */
import type { DialectName } from '#domain/call.ts';
import type { LimitState } from '#domain/proofs.ts';

type Unit = LimitState['unit'];

export function limitHeaders(
  states: readonly LimitState[],
  dialect: DialectName,
  nowMs: number,
): Record<string, string> {
  const headers: Record<string, string> = {};
  if (states.length === 0) return headers;
  for (const unit of ['requests', 'tokens'] as const) {
    const tightest = tightestOf(states, unit);
    if (tightest === null) continue;
    const { limit, remaining, resetMs } = tightest;
    headers[`x-ratelimit-limit-${unit}`] = String(limit);
    headers[`x-ratelimit-remaining-${unit}`] = String(remaining);
    headers[`x-ratelimit-reset-${unit}`] = `${resetMs}ms`;
    if (dialect !== 'anthropic-messages') continue;
    headers[`anthropic-ratelimit-${unit}-limit`] = String(limit);
    headers[`anthropic-ratelimit-${unit}-remaining`] = String(remaining);
    headers[`anthropic-ratelimit-${unit}-reset`] = new Date(nowMs + resetMs).toISOString();
  }
  // Names of limits are the operator's own: letters, digits and hyphens, so they need no escapes.
  let policy = '';
  let state = '';
  for (const { name, unit, limit, windowMs, remaining, resetMs } of states) {
    const separator = policy === '' ? '' : ', ';
    policy += `${separator}"${name}";q=${limit};qu="${unit}";w=${seconds(windowMs)}`;
    state += `${separator}"${name}";r=${remaining};t=${seconds(resetMs)}`;
  }
  headers['ratelimit-policy'] = policy;
  headers['ratelimit'] = state;
  return headers;
}

const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1_000));

function tightestOf(states: readonly LimitState[], unit: Unit): LimitState | null {
  let tightest: LimitState | null = null;
  for (const state of states) {
    if (state.unit === unit && (tightest === null || state.remaining < tightest.remaining)) {
      tightest = state;
    }
  }
  return tightest;
}
