/** From what we know to what we tell: constant sentences, and the path of a field at most. */
import type { PublicError } from '#dialects/dialect.ts';
import type { DialectName } from '#domain/call.ts';
import { type Denial, denialReplies, type DenialReply } from '#domain/denial.ts';
import type { ResourceMetadata } from './ports.ts';
import { type Fault, faultReplies } from '#domain/fault.ts';

export interface ErrorAnswer {
  readonly error: PublicError;
  /** Names and values by turns. */
  readonly headers: readonly string[];
}

const NO_RETRY: readonly string[] = ['x-should-retry', 'false'];

export function denialAnswer(
  denial: Denial,
  requestId: string,
  resource: ResourceMetadata | null,
): ErrorAnswer {
  const reply: DenialReply = denialReplies[denial.reason];
  const field = 'field' in denial ? denial.field : null;
  const { status, openaiType, openaiCode, anthropicType } = reply;
  const problem = denial.reason === 'request-malformed' ? ` ${sentence(denial.problem)}` : '';
  const message = reply.message + problem;
  const error = { status, message, field, openaiType, openaiCode, anthropicType, requestId };
  return { error, headers: denialHeaders(denial, reply, resource) };
}

/** Vendors say differently that there is no money. */
export function statusOfDenial({ reason }: Denial, shape: DialectName): number {
  const { status, anthropicStatus }: DenialReply = denialReplies[reason];
  return shape === 'anthropic-messages' ? (anthropicStatus ?? status) : status;
}

/** Problems are texts of ours, made of constants: they quote nothing. */
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

function denialHeaders(
  denial: Denial,
  { isRetryable, status }: DenialReply,
  resource: ResourceMetadata | null,
): readonly string[] {
  if ('retryAfterMs' in denial) return retryAfter(denial.retryAfterMs);
  if (status === 401) return [...NO_RETRY, 'www-authenticate', challenge(resource)];
  if (!isRetryable) return NO_RETRY;
  return retryAfter(1_000);
}

/** RFC 9728 section 5.1. The address is the operator's own, and has no quote in it: it is a URL. */
function challenge(resource: ResourceMetadata | null): string {
  if (resource === null) return 'Bearer';
  const { address, proofAlgorithms } = resource;
  const bearer = `Bearer resource_metadata="${address}"`;
  // RFC 9449 section 7.1.
  return proofAlgorithms.length === 0
    ? bearer
    : `${bearer}, DPoP algs="${proofAlgorithms.join(' ')}"`;
}

const retryAfter = (ms: number): readonly string[] => [
  'retry-after',
  String(Math.max(1, Math.ceil(ms / 1_000))),
  'retry-after-ms',
  String(Math.max(1, Math.ceil(ms))),
];

const ANTHROPIC_TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  429: 'rate_limit_error',
  503: 'overloaded_error',
  504: 'timeout_error',
};

export function faultAnswer(fault: Fault, requestId: string): ErrorAnswer {
  const { status, message } = faultReplies[fault.code];
  const isCallers = status === 400;
  const error: PublicError = {
    status,
    message,
    field: null,
    openaiType: isCallers ? 'invalid_request_error' : 'server_error',
    openaiCode: fault.providerCode ?? fault.code.replaceAll('-', '_'),
    anthropicType: ANTHROPIC_TYPES[status] ?? 'api_error',
    requestId,
  };
  if (isCallers) return { error, headers: NO_RETRY };
  const waits = fault.retryAfterMs !== null || status === 429 || status === 503;
  return { error, headers: waits ? retryAfter(fault.retryAfterMs ?? 1_000) : [] };
}
