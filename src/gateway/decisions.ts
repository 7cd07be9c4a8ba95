/**
 * What was decided about recent calls, for the caller whose call it was: what kind of rule acted and
 * what to change. No rule's text, no limit's size, nothing of anybody else.
 */
import type { DenialReason } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

export interface Decision {
  readonly requestId: string;
  readonly decision: 'allow' | 'deny' | 'fault';
  readonly reason: string | null;
  readonly advice: string;
}

interface Kept {
  readonly owner: Principal;
  readonly decision: Decision;
}

const KEPT_MAX = 10_000;

const isSame = (a: Principal, b: Principal): boolean =>
  a.tenant === b.tenant && a.user === b.user && a.keyId === b.keyId;

export class Decisions {
  /** A ring: keeping is for every call and is one store; finding is rare and walks it. */
  readonly #kept: (Kept | undefined)[] = Array.from({ length: KEPT_MAX }, () => undefined);
  #next = 0;

  keep(owner: Principal, decision: Decision): void {
    this.#kept[this.#next] = { owner, decision };
    this.#next = (this.#next + 1) % KEPT_MAX;
  }

  /** Null for what never was, what is forgotten, and what is another's: they look the same. */
  find(principal: Principal, requestId: string): MaybePromise<Decision | null> {
    return this.own(principal, requestId) ?? this.elsewhere(principal, requestId);
  }

  /** Of this process. */
  own(principal: Principal, requestId: string): Decision | null {
    const found = this.#kept.find((kept) => kept?.decision.requestId === requestId);
    return found !== undefined && isSame(found.owner, principal) ? found.decision : null;
  }

  /** Of the other processes of this gateway; there are none, until somebody says so. */
  elsewhere: (principal: Principal, requestId: string) => MaybePromise<Decision | null> = () =>
    null;
}

/** Plain words for the caller. Drift-tested against docs/reference/denials.md. */
export const denialAdvice: Readonly<Record<DenialReason, string>> = {
  'request-malformed': 'The request was not valid. Correct the field that the error named.',
  'target-malformed': 'The address of the request was not valid. Use the documented paths.',
  'route-unknown': 'There is no such route. Check the base URL and the path.',
  'method-unknown': 'The route takes another HTTP method.',
  'host-unknown': 'The host name is not served here. Check the base URL.',
  'body-too-large': 'The body was too large. Send a shorter conversation.',
  'body-encoded': 'Send the body as plain JSON, without compression.',
  'body-late': 'The body did not arrive in time. Check the network and send it again.',
  'headers-too-large': 'Send fewer or shorter headers.',
  'credential-missing': 'Send your key in the Authorization header.',
  'credential-ambiguous': 'Send one credential, in one header.',
  'credential-limited':
    'Too many credentials from your address were wrong. Wait, and check the one that you send.',
  'issuer-unavailable':
    'Whether your token holds cannot be known now. Retry; the issuer or its keys cannot be reached.',
  'credential-rejected': 'The credential was not accepted. Ask your administrator for a new one.',
  'action-forbidden': 'A role rule does not allow this. Ask your administrator for the permission.',
  'model-unknown': 'No such model is configured for you. List the models that you may use.',
  'model-forbidden': 'No such model is configured for you. List the models that you may use.',
  'condition-unmet':
    'A role allows such calls in other conditions only: another time, place or size. Ask your administrator for them.',
  'rule-denied': 'A rule denies this call. Ask your administrator why.',
  'tool-forbidden':
    'A tool that was offered or called is not one of your role. Leave it out, or ask for it.',
  'content-unscannable':
    'A part of the content cannot be inspected. Leave it out, or ask your administrator to allow it.',
  'state-refused': 'State that the provider keeps may not be used. Send the conversation whole.',
  'field-unsupported': 'The model behind this name cannot take a field. Leave it out.',
  'limit-reached': 'A rate limit was reached. Wait as long as the answer said.',
  'limit-exceeded': 'The request was larger than a limit allows. Make it smaller.',
  'budget-exhausted':
    'What is left of the money of this period does not cover the most that this call may cost. Ask for a shorter answer, your administrator for more, or wait for the next period.',
  'price-unknown':
    'What the call costs cannot be bounded, and a budget counts it. Use another model, or leave out stored conversations, files and hosted tools.',
  'limits-unavailable': 'Limits could not be checked. Try again later.',
  'run-forbidden':
    'Runs are minted with a key, or with a run token that has depth left. End runs that are done, or ask for more depth when the first one is minted.',
  'content-blocked': 'A content rule acted. Remove the sensitive or forbidden text and try again.',
  'guard-unavailable': 'A content check was not available. Try again later.',
  'provider-secret-missing':
    'The provider of this model is used with the own secret of each organisation. An administrator of yours has to enter it.',
  'residency-unmet':
    'Calls of your organisation go to providers in some regions, under some agreements, and to no others. Use a model that has one.',
  'audit-unavailable': 'Records cannot be kept now, so nothing is served. Try again later.',
  'gateway-overloaded': 'The gateway was at its capacity. Try again later.',
  'gateway-draining': 'The gateway was shutting down. Try again.',
};
