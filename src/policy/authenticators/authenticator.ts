/** The kind `Authenticator`: proves who calls, from the head of a request alone. */
import type { ClientCertificate } from '#domain/client-certificate.ts';
import type { Denial } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import type { Result } from '#stdx/result.ts';

/** What a request says of itself, which its proof must say too. */
export interface ProvenRequest {
  readonly proof: string;
  readonly method: string;
  /** The canonical path that was matched. */
  readonly path: string;
  /** The access token that comes with it; null where one is asked for. */
  readonly token: string | null;
  /** The thumbprint of the key that the token is bound to; null: it will be bound to this one. */
  readonly expected: string | null;
  /** Whose proof it is, who may have so many remembered. */
  readonly holder: string;
}

/** `full`: nobody can say whether it was used before. `untrusted`: also by a key that is not expected. */
export type ProofFlaw = 'unfit' | 'untrusted' | 'replayed' | 'full';

export interface ProofVerifier {
  /** The thumbprint of the key that has signed (RFC 7638), once: the proof is used by asking. */
  verify(request: ProvenRequest): Promise<Result<string, ProofFlaw>>;
}

/** The one credential of a request, wherever it was carried. */
export interface Credential {
  readonly carrier: 'authorization' | 'x-api-key' | 'api-key' | 'x-goog-api-key' | 'certificate';
  /** `''` of a certificate. */
  readonly token: string;
  /** What the peer has proven to hold, beside the token or instead of one. */
  readonly certificate?: ClientCertificate | null;
  /** Of the scheme `DPoP` (RFC 9449): the proof, and the request that it must be for. */
  readonly proof?: Pick<ProvenRequest, 'proof' | 'method' | 'path'> | null;
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
