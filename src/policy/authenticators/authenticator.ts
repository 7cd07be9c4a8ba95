/** The kind `Authenticator`: proves who calls, from the head of a request alone. */
import type { ClientCertificate } from '#domain/client-certificate.ts';
import type { Denial } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import type { Result } from '#stdx/result.ts';

/** The one credential of a request, wherever it was carried. */
export interface Credential {
  readonly carrier: 'authorization' | 'x-api-key' | 'api-key' | 'x-goog-api-key' | 'certificate';
  /** `''` of a certificate. */
  readonly token: string;
  /** What the peer has proven to hold, beside the token or instead of one. */
  readonly certificate?: ClientCertificate | null;
}

export type Authentication = Result<Principal, Denial> | 'absent';

export interface Authenticator {
  readonly name: string;
  /** `absent`: the credential is not of this member's form, so another may answer. */
  authenticate(credential: Credential): MaybePromise<Authentication>;
  /**
   * What is remembered of a credential that was proven before; `absent`: nothing. Members that leave
   * it out prove a credential at no cost worth saving.
   */
  recall?(credential: Credential): MaybePromise<Authentication>;
}
