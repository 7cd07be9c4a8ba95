/**
 * Something outside broke. A fault is thrown, caught once in `handleRequest`, and answered with
 * constant text. It never carries a payload, a header or a foreign error: those quote secrets.
 */
export const faultReplies = {
  'provider-unreachable': { status: 502, message: 'The model provider could not be reached.' },
  'provider-timeout': { status: 504, message: 'The model provider did not answer in time.' },
  'provider-rejected': { status: 502, message: 'The model provider did not accept the call.' },
  'provider-refused-call': {
    status: 400,
    message: 'The model provider refused the call as invalid.',
  },
  'provider-limited': { status: 429, message: 'The model provider limits its callers now.' },
  'provider-overloaded': { status: 503, message: 'The model provider is overloaded.' },
  'provider-failed': { status: 502, message: 'The model provider failed.' },
  'provider-reply-invalid': {
    status: 502,
    message: 'The model provider sent an answer that cannot be read.',
  },
  'provider-cut': {
    status: 502,
    message: 'The model provider stopped in the middle of its answer.',
  },
  'egress-refused': { status: 502, message: 'The address of the model provider is not allowed.' },
  'audit-failed': { status: 503, message: 'The gateway cannot keep its records now.' },
  'storage-failed': { status: 503, message: 'The gateway cannot reach its store now.' },
  /** It was changed, or it is another tenant's, owner's or address's. */
  'secret-unreadable': { status: 503, message: 'The gateway cannot use its secret for the model.' },
  'secret-unavailable': {
    status: 503,
    message: 'The gateway cannot open its secret for the model now.',
  },
  /** It was running, and its memory was needed to keep the others running. */
  'call-shed': { status: 503, message: 'The gateway is at its capacity and ended the call.' },
  'client-gone': { status: 499, message: 'The caller went away.' },
  'shutting-down': { status: 503, message: 'The gateway is shutting down.' },
  internal: { status: 500, message: 'The gateway failed.' },
} as const satisfies Record<string, { status: number; message: string }>;

export type FaultCode = keyof typeof faultReplies;

/** Codes that help a caller to mend a call, and that can hold nobody's secret. */
export const providerErrorCodes = [
  'context_length_exceeded',
  'invalid_value',
  'missing_required_parameter',
  'string_above_max_length',
  'unknown_parameter',
  'unsupported_parameter',
  'unsupported_value',
  'invalid_request_error',
  'request_too_large',
] as const;
export type ProviderErrorCode = (typeof providerErrorCodes)[number];

interface FaultMore {
  readonly retryAfterMs?: number | null;
  readonly providerCode?: ProviderErrorCode | null;
  readonly isUnsent?: boolean;
}

export class Fault extends Error {
  override readonly name = 'Fault';
  readonly code: FaultCode;
  /** What the provider said to wait, where it said so. */
  readonly retryAfterMs: number | null;
  /** The provider's own code for it, out of a closed set: never text that a provider chose. */
  readonly providerCode: ProviderErrorCode | null;
  /** Nothing of the call had left for the provider: it cannot have cost anything. */
  readonly isUnsent: boolean;

  /** `where` says what we were doing, in our own words; it may be logged. */
  constructor(code: FaultCode, where: string, more: FaultMore = {}) {
    super(where);
    this.code = code;
    this.retryAfterMs = more.retryAfterMs ?? null;
    this.providerCode = more.providerCode ?? null;
    this.isUnsent = more.isUnsent ?? false;
  }
}

export const faultCodeOf = (thrown: unknown): FaultCode =>
  thrown instanceof Fault ? thrown.code : 'internal';
