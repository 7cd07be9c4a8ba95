/**
 * What is left of the limits, in the three forms that clients read: OpenAI's, Anthropic's, and the
 * structured fields of draft-ietf-httpapi-ratelimit-headers-11 (a draft: the names may change).
 */
import type { DialectName } from '#domain/call.ts';
import type { LimitState } from '#domain/limit-state.ts';
import type { Clock } from '#stdx/clock.ts';

import type { HeaderList } from './ports.ts';

/** What is left of calls at once and of money is no rate, and clients have no header for it. */
const UNTOLD: ReadonlySet<LimitState['unit']> = new Set(['concurrency', 'nano-usd']);

/** Adds them to the headers of an answer. */
export function addLimitHeaders(
  headers: HeaderList,
  states: readonly LimitState[],
  dialect: DialectName,
  clock: Clock,
): void {
  if (states.length === 0) return;
  for (const unit of UNITS) {
    const tightest = tightestOf(states, unit);
    if (tightest === null) continue;
    const { limit, remaining, resetMs } = tightest;
    const [limitName, remainingName, resetName] = NAMES[unit];
    headers.push(limitName, `${limit}`, remainingName, `${remaining}`, resetName, `${resetMs}ms`);
  }
  if (dialect === 'anthropic-messages') addAnthropicHeaders(headers, states, clock);
  let policies = '';
  let state = '';
  for (const { name, unit, policy, remaining, resetMs } of states) {
    if (UNTOLD.has(unit)) continue;
    const separator = policies === '' ? '' : ', ';
    policies += separator + policy;
    state += `${separator}"${name}";r=${remaining};t=${seconds(resetMs)}`;
  }
  if (policies !== '') headers.push('ratelimit-policy', policies, 'ratelimit', state);
}

/** Anthropic's clients know tokens of each direction as well. */
function addAnthropicHeaders(
  headers: HeaderList,
  states: readonly LimitState[],
  clock: Clock,
): void {
  for (const unit of ANTHROPIC_UNITS) {
    const tightest = tightestOf(states, unit);
    if (tightest === null) continue;
    const { limit, remaining, resetMs } = tightest;
    const reset = new Date(clock.nowMs() + resetMs).toISOString();
    headers.push(`anthropic-ratelimit-${unit}-limit`, `${limit}`);
    headers.push(`anthropic-ratelimit-${unit}-remaining`, `${remaining}`);
    headers.push(`anthropic-ratelimit-${unit}-reset`, reset);
  }
}

const ANTHROPIC_UNITS = ['requests', 'tokens', 'input-tokens', 'output-tokens'] as const;
const UNITS = ['requests', 'tokens'] as const;
const NAMES = {
  requests: [
    'x-ratelimit-limit-requests',
    'x-ratelimit-remaining-requests',
    'x-ratelimit-reset-requests',
  ],
  tokens: ['x-ratelimit-limit-tokens', 'x-ratelimit-remaining-tokens', 'x-ratelimit-reset-tokens'],
} as const;

const seconds = (ms: number): number => Math.max(0, Math.ceil(ms / 1_000));

function tightestOf(states: readonly LimitState[], unit: LimitState['unit']): LimitState | null {
  let tightest: LimitState | null = null;
  for (const state of states) {
    if (state.unit === unit && (tightest === null || state.remaining < tightest.remaining)) {
      tightest = state;
    }
  }
  return tightest;
}
