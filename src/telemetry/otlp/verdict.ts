/**
 * What an answer says of a parcel (OTLP 1.x, "OTLP/HTTP Response" and "Failures"). 2xx is taken, though
 * maybe not all of it; 429, 502, 503, 504 and no answer at all may pass and are tried again; every
 * other answer is final, a redirect too: it could lead inside.
 */
import { isJsonObject, parseJson } from '#stdx/json.ts';

export interface PostAnswer {
  /** Null: no answer came. */
  readonly status: number | null;
  readonly retryAfterMs: number | null;
  readonly text: string;
  /** The address may not be connected to: asking again says the same. */
  readonly isRefused: boolean;
}

export type Verdict =
  | { readonly kind: 'taken'; readonly rejected: number }
  | { readonly kind: 'retry'; readonly waitMs: number }
  | { readonly kind: 'refused'; readonly why: string };

const RETRYABLE: ReadonlySet<number> = new Set([429, 502, 503, 504]);
const STEP_MS = 1_000;
const STEP_MS_MAX = 30_000;

export function verdictOf(answer: PostAnswer, attempts: number, random: () => number): Verdict {
  const { status, isRefused, retryAfterMs, text } = answer;
  if (isRefused) return { kind: 'refused', why: 'the address of the collector is not public' };
  if (status !== null && status >= 200 && status < 300) {
    return { kind: 'taken', rejected: rejectedIn(text) };
  }
  if (status !== null && !RETRYABLE.has(status)) {
    return { kind: 'refused', why: `the collector answered ${status}` };
  }
  // Drawn between nothing and its step, so that many gateways do not come back together.
  const drawnMs = Math.floor(random() * Math.min(STEP_MS_MAX, STEP_MS * 2 ** (attempts - 1)));
  return { kind: 'retry', waitMs: Math.max(drawnMs, retryAfterMs ?? 0) };
}

const REJECTED = ['rejectedSpans', 'rejectedDataPoints', 'rejectedLogRecords'];

/** What of a parcel was not taken. The sentence beside the count stays unread: it may quote us. */
function rejectedIn(text: string): number {
  const parsed = parseJson(text);
  const partial = isJsonObject(parsed) ? parsed['partialSuccess'] : undefined;
  if (!isJsonObject(partial)) return 0;
  for (const name of REJECTED) {
    const count = Number(partial[name] ?? 0);
    if (Number.isSafeInteger(count) && count > 0) return count;
  }
  return 0;
}
