/**
 * What an attempt says of the next one. 2xx is delivered. A redirect and a refusal (4xx, 410 too) are
 * final: asking again says the same. What may pass (408, 429, 5xx, no answer) is tried again after a
 * wait that doubles, drawn between nothing and its step (full jitter), so that many gateways do not
 * come back together; a `retry-after` is obeyed, for everything that waits for this receiver.
 */
import type { Delivery } from './alert-sender.ts';

const STEP_MS = 1_000;
const STEP_MS_MAX = 300_000;

export type Verdict =
  | { readonly kind: 'delivered' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'retry'; readonly waitMs: number; readonly isForAll: boolean };

/** Null: the attempt ended in a way that nobody foresaw, which may pass too. */
export function verdictOf(
  delivery: Delivery | null,
  attempts: number,
  random: () => number,
): Verdict {
  const status = delivery?.status ?? null;
  if (delivery?.fault === 'egress-refused') {
    return { kind: 'refused', why: 'the address of the receiver is not public' };
  }
  if (status !== null && status >= 200 && status < 300) return { kind: 'delivered' };
  if (status !== null && !mayPass(status)) {
    return { kind: 'refused', why: `the receiver answered ${status}` };
  }
  const stepMs = Math.min(STEP_MS_MAX, STEP_MS * 2 ** (attempts - 1));
  const drawnMs = Math.floor(random() * stepMs);
  const askedMs = delivery?.retryAfterMs ?? 0;
  // `retry-after: 0` asks for every attempt at once, which helps nobody who is in trouble.
  return { kind: 'retry', waitMs: Math.max(drawnMs, askedMs), isForAll: askedMs > drawnMs };
}

const mayPass = (status: number): boolean => status === 408 || status === 429 || status >= 500;
