/**
 * Every way the gateway says no on purpose.
 *
 * A denial is a value, not an exception: it is expected, it is audited, and it has exactly one
 * public sentence. The members carry what we know, for the audit record; `denialReplies` holds what
 * we tell, which is constant text, so that nothing a caller sent can be echoed back. The one thing
 * added to it is the path of a field, which is made of names that we know.
 */
import type { LimitState } from './limit-state.ts';

/** Of a credential that names a key. `tenant` empty: there is no such key. */
export interface OfferedKey {
  readonly keyId: string;
  readonly tenant: string;
  /** Its secret was right, and what it said of somebody else was not. */
  readonly isProven?: true;
}

export type Denial =
  | { readonly reason: 'request-malformed'; readonly field: string; readonly problem: string }
  | { readonly reason: 'target-malformed'; readonly problem: string }
  | { readonly reason: 'route-unknown' }
  | { readonly reason: 'method-unknown' }
  | { readonly reason: 'host-unknown' }
  | { readonly reason: 'body-too-large' }
  | { readonly reason: 'body-encoded' }
  | { readonly reason: 'body-late' }
  | { readonly reason: 'headers-too-large' }
  | { readonly reason: 'credential-missing' }
  | { readonly reason: 'credential-ambiguous' }
  | {
      readonly reason: 'credential-rejected';
      readonly because:
        | 'malformed'
        | 'unknown'
        /** The signature, its algorithm or its key. */
        | 'untrusted'
        /** A right signature over claims that are not for this. */
        | 'unfit'
        | 'expired'
        | 'revoked'
        | 'suspended'
        /** The gateway has put the key aside itself. */
        | 'quarantined'
        /** A key that nobody should ever use. */
        | 'honey'
        /** A proof of possession that was used before. */
        | 'replayed';
      readonly key?: OfferedKey;
    }
  /** Too many credentials from this address, or for this key, have failed. */
  | {
      readonly reason: 'credential-limited';
      /** What too many have failed for. */
      readonly limited: 'address' | 'key';
      readonly retryAfterMs: number;
      /** The one that was named, whatever is limited. */
      readonly key?: OfferedKey;
      /** It was right, and of a key that nobody should ever use. */
      readonly because?: 'honey';
    }
  /** Whether a token holds cannot be known now. */
  | { readonly reason: 'issuer-unavailable' }
  | { readonly reason: 'action-forbidden'; readonly action: string }
  | { readonly reason: 'model-unknown' }
  /** `rule`, here and below: the name of the rule of a role that decided. */
  | { readonly reason: 'model-forbidden'; readonly rule?: string }
  /** Rules allow it in other conditions; `rule` is the first of them. */
  | { readonly reason: 'condition-unmet'; readonly rule: string }
  | { readonly reason: 'rule-denied'; readonly rule: string }
  /** A tool that the role does not have: offered by the caller (`field`), or called in an answer. */
  | { readonly reason: 'tool-forbidden'; readonly field?: string; readonly rule?: string }
  | { readonly reason: 'content-unscannable'; readonly field: string; readonly kind: string }
  | { readonly reason: 'state-refused'; readonly field: string }
  | { readonly reason: 'field-unsupported'; readonly field: string }
  | {
      readonly reason: 'limit-reached';
      readonly limit: string;
      readonly retryAfterMs: number;
      /** What is left of the limit, for the answer's headers; null where nothing is known of it. */
      readonly state: LimitState | null;
    }
  | { readonly reason: 'limit-exceeded'; readonly limit: string }
  /** The money of this period is spent or held. `limit`: the name of the budget. */
  | {
      readonly reason: 'budget-exhausted';
      readonly limit: string;
      readonly state: LimitState | null;
    }
  /** It is counted in money, and nobody knows what it costs or how much it could be. */
  | { readonly reason: 'price-unknown'; readonly limit: string }
  /** The counters cannot be asked, or are being told again what they have lost. */
  | { readonly reason: 'limits-unavailable' }
  | {
      readonly reason: 'run-forbidden';
      /** The credential is no key; the run may have none below it; its key has as many as it may. */
      readonly because: 'no-key' | 'depth' | 'too-many';
    }
  | { readonly reason: 'content-blocked'; readonly guard: string; readonly category: string }
  | { readonly reason: 'guard-unavailable'; readonly guard: string }
  /** The provider is called with the tenant's own secret only, and the tenant has brought none. */
  | { readonly reason: 'provider-secret-missing' }
  /** No deployment of the model is where the tenant's calls may go, under the agreements that it wants. */
  | { readonly reason: 'residency-unmet' }
  | { readonly reason: 'audit-unavailable' }
  | {
      readonly reason: 'gateway-overloaded';
      /** No place to wait, a wait that was over, or a stage of overload. */
      readonly because?: 'full' | 'late' | 'stage';
    }
  | { readonly reason: 'gateway-draining' };

export type DenialReason = Denial['reason'];

/** How a denial looks from outside, before a dialect gives it its shape. */
export interface DenialReply {
  readonly status: 400 | 401 | 403 | 404 | 405 | 408 | 413 | 415 | 421 | 429 | 431 | 503;
  /** Where Anthropic's clients know another one. */
  readonly anthropicStatus?: 402 | 529;
  readonly message: string;
  readonly openaiType: string;
  readonly openaiCode: string | null;
  readonly anthropicType: string;
  /** False: sending the same again cannot help, and the SDKs are told so. */
  readonly isRetryable: boolean;
}

const invalid = (
  status: DenialReply['status'],
  message: string,
  openaiCode: string | null = null,
): DenialReply => ({
  status,
  message,
  openaiType: 'invalid_request_error',
  openaiCode,
  anthropicType: status === 413 ? 'request_too_large' : 'invalid_request_error',
  isRetryable: false,
});

const unauthenticated = (message: string): DenialReply => ({
  status: 401,
  message,
  openaiType: 'invalid_request_error',
  openaiCode: 'invalid_api_key',
  anthropicType: 'authentication_error',
  isRetryable: false,
});

const forbidden = (message: string): DenialReply => ({
  status: 403,
  message,
  openaiType: 'permission_error',
  openaiCode: 'policy_denied',
  anthropicType: 'permission_error',
  isRetryable: false,
});

const notFound = (message: string, openaiCode: string | null): DenialReply => ({
  status: 404,
  message,
  openaiType: 'invalid_request_error',
  openaiCode,
  anthropicType: 'not_found_error',
  isRetryable: false,
});

const unavailable = (message: string, openaiCode: string): DenialReply => ({
  status: 503,
  message,
  openaiType: 'server_error',
  openaiCode,
  anthropicType: 'overloaded_error',
  isRetryable: true,
});

/** Documented in docs/reference/denials.md; tests/docs-drift.test.ts keeps the two equal. */
export const denialReplies = {
  'request-malformed': invalid(400, 'The request is not valid.'),
  'target-malformed': invalid(400, 'The request target or a header that names it is not valid.'),
  'route-unknown': notFound(
    'There is no such route. Check the base URL: paths begin with /v1.',
    null,
  ),
  'method-unknown': invalid(405, 'The route does not take this method.'),
  'host-unknown': invalid(421, 'This host is not served here.'),
  'body-too-large': invalid(413, 'The request body is larger than this gateway takes.'),
  'body-encoded': invalid(415, 'Send the request body as plain JSON, without content-encoding.'),
  'body-late': invalid(408, 'The request body did not arrive in time.'),
  'headers-too-large': invalid(431, 'The request has too many or too large headers.'),
  'credential-missing': unauthenticated('No credential was sent.'),
  'credential-ambiguous': invalid(400, 'Send exactly one credential, in exactly one header.'),
  // Unknown, expired, revoked and suspended read the same from outside, so that a stolen list of
  // keys cannot be sorted by probing us.
  'credential-rejected': unauthenticated('The credential was not accepted.'),
  'credential-limited': {
    status: 429,
    message: 'Too many credentials were not accepted. Retry later.',
    openaiType: 'rate_limit_exceeded',
    openaiCode: 'rate_limit_exceeded',
    anthropicType: 'rate_limit_error',
    isRetryable: true,
  },
  'issuer-unavailable': unavailable(
    'The issuer of the credential cannot be reached now.',
    'issuer_unavailable',
  ),
  'action-forbidden': forbidden('This credential may not do this.'),
  // A model that the caller may not see does not exist for the caller.
  'model-unknown': notFound('The model does not exist or you may not use it.', 'model_not_found'),
  'model-forbidden': notFound('The model does not exist or you may not use it.', 'model_not_found'),
  'condition-unmet': forbidden(
    'This credential may not make this call in this way or at this time.',
  ),
  'rule-denied': forbidden('A rule does not permit this call.'),
  'tool-forbidden': forbidden('A tool in this call or its answer is not one that you may use.'),
  'content-unscannable': invalid(400, 'This content cannot be inspected here, so it is refused.'),
  'state-refused': invalid(400, 'State that is kept by the provider may not be used here.'),
  'field-unsupported': invalid(400, 'The model behind this name cannot take this field.'),
  'limit-reached': {
    status: 429,
    message: 'A rate limit was reached. Retry later.',
    openaiType: 'rate_limit_exceeded',
    openaiCode: 'rate_limit_exceeded',
    anthropicType: 'rate_limit_error',
    isRetryable: true,
  },
  'limit-exceeded': {
    status: 429,
    message: 'This one request is larger than a rate limit allows. Make it smaller.',
    openaiType: 'rate_limit_exceeded',
    openaiCode: 'rate_limit_exceeded',
    anthropicType: 'rate_limit_error',
    isRetryable: false,
  },
  'budget-exhausted': {
    status: 429,
    anthropicStatus: 402,
    message: 'The budget for this period does not cover this call.',
    openaiType: 'insufficient_quota',
    openaiCode: 'insufficient_quota',
    anthropicType: 'billing_error',
    isRetryable: false,
  },
  'price-unknown': forbidden(
    'The cost of this call cannot be bounded, and a budget counts it. Use a model with a price.',
  ),
  'limits-unavailable': unavailable(
    'The limits of this call cannot be checked now.',
    'limits_unavailable',
  ),
  'run-forbidden': forbidden(
    'This credential may mint no run: it takes a key, depth that is left, and fewer runs that are live.',
  ),
  'content-blocked': invalid(400, 'The content was blocked by policy.', 'content_filter'),
  'guard-unavailable': unavailable('A required content check is unavailable.', 'guard_unavailable'),
  'provider-secret-missing': forbidden(
    'Your organisation has to bring its own secret for this model first.',
  ),
  'residency-unmet': forbidden(
    'The providers of this model are not where calls of your organisation may go.',
  ),
  'audit-unavailable': unavailable('The gateway cannot keep its records now.', 'audit_unavailable'),
  'gateway-overloaded': {
    ...unavailable('The gateway is at its capacity.', 'overloaded'),
    anthropicStatus: 529,
  },
  'gateway-draining': {
    ...unavailable('The gateway is shutting down.', 'shutting_down'),
    anthropicStatus: 529,
  },
} as const satisfies Record<DenialReason, DenialReply>;
