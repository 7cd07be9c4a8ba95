/** The kind `PeopleIssuer`: where people sign in elsewhere. `oidc-issuer.ts` is the one member. */
import type { Result } from '#stdx/result.ts';

import type { AdminRole } from '../contract.ts';

export interface IssuedPerson {
  /** `oidc/<hash of issuer and subject>`. */
  readonly owner: string;
  readonly login: string;
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly sidHash: string | null;
  /** The session that the browser had when it left for the provider: it ends. */
  readonly replaces: string | null;
}

export interface LoginStart {
  /** Where the browser goes. */
  readonly url: string;
  /** State, nonce and verifier, for the cookie of this browser alone. */
  readonly sealed: string;
}

export type IssuerRefusal = 'oidc-failed' | 'oidc-state' | 'oidc-role' | 'oidc-unreachable';

/** Whose sessions end: one of the provider's sessions, or all of a person. */
export interface LogoutTarget {
  readonly owner: string | null;
  readonly sidHash: string | null;
  /** They have ended: the token ends nothing more. Until then it may be sent again. */
  readonly spend: () => void;
}

export interface PeopleIssuer {
  /** On the button. */
  readonly name: string;
  /** What roles come from. A session that was opened under others is over. */
  readonly settings: string;
  begin(replaces: string | null): Promise<Result<LoginStart, IssuerRefusal>>;
  finish(query: string, sealed: string): Promise<Result<IssuedPerson, IssuerRefusal>>;
  /** Checks a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.6). */
  logout(token: string): Promise<Result<LogoutTarget, IssuerRefusal>>;
}
