/**
 * The way of a guard to its service: through the same port as providers, so that addresses are
 * checked, redirects are not followed and the secret goes to its own origin; with a deadline, a pool
 * and a breaker of its own, so that a service that is down costs a call nothing but its refusal.
 */
import { Fault, faultCodeOf } from '#domain/fault.ts';
import type { KeptSecret, Secret } from '#domain/secret.ts';
import type { GuardHttp, GuardHttpOptions, GuardTalk } from '#policy/guards/guard.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import { type JsonValue, parseJson } from '#stdx/json.ts';
import { scanJson } from '#stdx/json-scan.ts';

import { Breaker } from './breaker.ts';
import { timeoutsWithin } from './exchange.ts';
import { HttpPort } from './http-port.ts';

const ANSWER_BYTES_MAX = 1_024 * 1_024;

/** What a service says of one text, and not of itself. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);

export interface GuardPortOptions extends Omit<GuardHttpOptions, 'apiKey'> {
  readonly secret: Secret | KeptSecret | null;
}

export class GuardPort implements GuardHttp {
  readonly #port: HttpPort;
  readonly #breaker: Breaker;
  readonly #timeoutMs: number;
  readonly #clock: Clock;

  constructor(options: GuardPortOptions, timeoutMs: number, clock: Clock) {
    const { url, secret, allowPrivateAddress, connectionsMax } = options;
    const baseUrl = new URL(url);
    this.#port = new HttpPort({
      baseUrl,
      secret,
      carrier: { header: 'authorization', prefix: 'Bearer ' },
      headers: [],
      allowPrivateAddress,
      timeouts: timeoutsWithin(timeoutMs),
      connectionsMax,
    });
    this.#breaker = new Breaker(clock);
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  open(signal: AbortSignal): GuardTalk {
    const untilMs = this.#clock.monotonicMs() + this.#timeoutMs;
    return {
      post: (path, body) => {
        // The verdict has fallen without us: nothing more of the text goes out.
        if (this.#clock.monotonicMs() >= untilMs) {
          return Promise.reject(new Fault('provider-timeout', 'the time of a guard is over'));
        }
        return this.#post(path, body, signal);
      },
    };
  }

  async close(): Promise<void> {
    await this.#port.close();
  }

  async #post(path: string, body: string, signal: AbortSignal): Promise<JsonValue> {
    const breaker = this.#breaker;
    if (!breaker.tryPass())
      throw new Fault('provider-overloaded', 'the breaker of a guard is open');
    const cancellation = new Cancellation();
    const onAbort = (): void => cancellation.cancel(new Fault('client-gone', 'the caller left'));
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      if (signal.aborted) onAbort();
      const answer = await this.#ask(path, body, cancellation);
      breaker.succeeded();
      return answer;
    } catch (thrown) {
      if (cancellation.isCancelled) breaker.abandoned();
      // It is there and refuses this one text: that is no reason to stop asking about others.
      else if (faultCodeOf(thrown) === 'provider-refused-call') breaker.succeeded();
      else breaker.failed('provider-failed');
      throw thrown;
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  async #ask(path: string, body: string, cancellation: Cancellation): Promise<JsonValue> {
    const head = await this.#port.send({ path, body, isStreamed: false }, cancellation);
    const chunks = await head.body.whole(ANSWER_BYTES_MAX);
    if (head.status < 200 || head.status > 299) {
      const code = REFUSALS.has(head.status) ? 'provider-refused-call' : 'provider-failed';
      throw new Fault(code, `a guard's service said ${head.status}`);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const answer = scanJson(text) === null ? parseJson(text) : undefined;
    if (answer === undefined) {
      throw new Fault('provider-reply-invalid', 'the answer of a service of a guard');
    }
    return answer;
  }
}
