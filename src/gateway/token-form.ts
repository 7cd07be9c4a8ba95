/** The form of a request for a token, and who it says that asks (RFC 6749). */
import { isAscii } from 'node:buffer';

import { onlyHeader } from '#policy/authenticators/credential.ts';

import type { Inbound } from './ports.ts';

/** A form has a few short words. */
const FORM_BYTES_MAX = 8_192;

/** RFC 6749 section 5.2. */
export interface Problem {
  readonly status: 400 | 401 | 429 | 503;
  readonly error: string;
  readonly description: string;
  readonly retryAfterMs?: number;
  /** It has a record of its own, and is not counted with the refusals of its address. */
  readonly isRecorded?: boolean;
}

export const problem = (
  error: string,
  description: string,
  status: Problem['status'] = 400,
): Problem => ({
  status,
  error,
  description,
});
export async function readForm(inbound: Inbound): Promise<URLSearchParams | Problem> {
  const type = onlyHeader(inbound.rawHeaders, 'content-type')?.split(';')[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded') {
    return problem('invalid_request', 'Send a form: application/x-www-form-urlencoded.');
  }
  // Nobody is known yet: a stranger fills no more memory than a form has.
  const bytes = await inbound.readBody(FORM_BYTES_MAX);
  if (!bytes.ok || !isAscii(bytes.value)) {
    return problem('invalid_request', 'The form is too long, late, or not readable.');
  }
  const form = new URLSearchParams(bytes.value.toString('latin1'));
  // RFC 6749 section 3.2: no parameter may stand twice.
  if (new Set(form.keys()).size < form.size) {
    return problem('invalid_request', 'A parameter stands twice.');
  }
  return form;
}

export interface Client {
  readonly id: string;
  readonly secret: string;
}

/** RFC 6749 section 2.3.1: in the header or in the form, and not in both. */
export function clientOf(rawHeaders: readonly string[], form: URLSearchParams): Client | null {
  const header = onlyHeader(rawHeaders, 'authorization');
  const [id, secret] = [form.get('client_id'), form.get('client_secret')];
  if (header === null) return id === null || secret === null ? null : { id, secret };
  const basic = /^basic +(?<pair>[\w+/]+={0,2})$/iu.exec(header)?.groups?.['pair'];
  if (basic === undefined || secret !== null) return null;
  const pair = Buffer.from(basic, 'base64').toString('latin1');
  const colon = pair.indexOf(':');
  if (colon < 1) return null;
  const [own, key] = [pair.slice(0, colon), pair.slice(colon + 1)].map(formWord);
  if (own === undefined || key === undefined || (id !== null && id !== own)) return null;
  return { id: own, secret: key };
}

const formWord = (text: string): string => new URLSearchParams(`v=${text}`).get('v') ?? '';
