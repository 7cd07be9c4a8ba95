/** What an error answer of a provider tells us. Its text stays here: it may quote our own request. */
import {
  Fault,
  type FaultCode,
  type ProviderErrorCode,
  providerErrorCodes,
} from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import type { UpstreamHead } from './provider-port.ts';

const ERROR_BYTES_MAX = 65_536;
const WAIT_MS_MAX = 3_600_000;
const KNOWN = new Set<unknown>(providerErrorCodes);

/** The fault of an error status, with the provider's code where it is one that we know. */
export async function errorFault(
  { status, body }: UpstreamHead,
  code: FaultCode,
  retryAfterMs: number | null,
): Promise<Fault> {
  const isCallersFault = status === 400 || status === 413 || status === 422;
  const providerCode = await readCode(body);
  return new Fault(isCallersFault ? 'provider-refused-call' : code, `status ${status}`, {
    retryAfterMs,
    providerCode: isCallersFault ? providerCode : null,
  });
}

async function readCode(body: UpstreamHead['body']): Promise<ProviderErrorCode | null> {
  let chunks: readonly Uint8Array[];
  try {
    chunks = await body.whole(ERROR_BYTES_MAX);
  } catch (thrown) {
    // The status was read, and it says enough. Nobody reads an error that is longer.
    if (thrown instanceof Fault) return null;
    throw thrown;
  }
  const parsed = parseJson(Buffer.concat(chunks).toString('utf8'));
  const error = isJsonObject(parsed) ? parsed['error'] : undefined;
  if (!isJsonObject(error)) return null;
  const code = [error['code'], error['type']].find((value) => KNOWN.has(value));
  return (code as ProviderErrorCode | undefined) ?? null;
}

/** RFC 9110 section 10.2.3, and the milliseconds that both vendors' SDKs read first. */
export function retryAfterOf({ headers }: UpstreamHead, clock: Clock): number | null {
  const inMs = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(inMs) && inMs >= 0) return Math.min(WAIT_MS_MAX, inMs);
  const text = headers['retry-after'];
  if (typeof text !== 'string') return null;
  const seconds = Number(text);
  const waitMs = Number.isFinite(seconds) ? seconds * 1_000 : Date.parse(text) - clock.nowMs();
  return Number.isFinite(waitMs) ? Math.min(WAIT_MS_MAX, Math.max(0, waitMs)) : null;
}
