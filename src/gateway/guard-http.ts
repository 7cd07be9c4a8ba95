/**
 * The way of a guard to its service: through the same port as providers, so that addresses are
 * checked, redirects are not followed and the secret goes to its own origin; with a deadline, a pool
 * and a breaker of its own, so that a service that is down costs a call nothing but its refusal.
 */
import { Fault } from '#domain/fault.ts';
import { Secret } from '#domain/secret.ts';
import type { GuardHttp, GuardHttpOptions } from '#policy/guards/guard.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import type { Clock } from '#stdx/clock.ts';
import { type JsonValue, parseJson } from '#stdx/json.ts';
import { scanJson } from '#stdx/json-scan.ts';

import { Breaker } from './breaker.ts';
import { HttpPort } from './http-port.ts';

const ANSWER_BYTES_MAX = 1_024 * 1_024;

export interface GuardPort extends GuardHttp {
  close(): Promise<void>;
}

export function guardPort(options: GuardHttpOptions, timeoutMs: number, clock: Clock): GuardPort {
  const { url, apiKey, allowPrivateAddress, connectionsMax } = options;
  const baseUrl = new URL(url);
  const port = new HttpPort({
    baseUrl,
    secret: apiKey === null ? null : new Secret(apiKey, baseUrl.origin),
    carrier: { header: 'authorization', prefix: 'Bearer ' },
    headers: [],
    allowPrivateAddress,
    timeouts: {
      connectMs: timeoutMs,
      firstByteMs: timeoutMs,
      interEventMs: timeoutMs,
      totalMs: timeoutMs,
      bytesPerSecondMin: 1,
    },
    connectionsMax,
  });
  const breaker = new Breaker(clock);

  const ask = async (
    path: string,
    body: string,
    cancellation: Cancellation,
  ): Promise<JsonValue> => {
    const head = await port.send({ path, body, isStreamed: false }, cancellation);
    const chunks = await head.body.whole(ANSWER_BYTES_MAX);
    if (head.status < 200 || head.status > 299) {
      throw new Fault('provider-failed', `a guard's service said ${head.status}`);
    }
    const text = Buffer.concat(chunks).toString('utf8');
    const answer = scanJson(text) === null ? parseJson(text) : undefined;
    if (answer === undefined) {
      throw new Fault('provider-reply-invalid', 'the answer of a service of a guard');
    }
    return answer;
  };

  return {
    async post(path, body, signal) {
      if (!breaker.tryPass())
        throw new Fault('provider-overloaded', 'the breaker of a guard is open');
      const cancellation = new Cancellation();
      const onAbort = (): void => cancellation.cancel(new Fault('client-gone', 'the caller left'));
      signal.addEventListener('abort', onAbort, { once: true });
      try {
        if (signal.aborted) onAbort();
        const answer = await ask(path, body, cancellation);
        breaker.succeeded();
        return answer;
      } catch (thrown) {
        if (cancellation.isCancelled) breaker.abandoned();
        else breaker.failed('provider-failed');
        throw thrown;
      } finally {
        signal.removeEventListener('abort', onAbort);
      }
    },
    close: () => port.close(),
  };
}
