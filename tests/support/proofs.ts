/** Proofs of possession as a caller makes them, and as an attacker would. */
import { createHash, randomUUID } from 'node:crypto';

import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
} from 'jose';

export interface ProofKey {
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
  readonly thumbprint: string;
  readonly alg: string;
}

export async function newProofKey(alg = 'ES256'): Promise<ProofKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  const jwk = await exportJWK(publicKey);
  return { privateKey, jwk, thumbprint: await calculateJwkThumbprint(jwk), alg };
}

export interface ProofChanges {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  /** Signs in place of the key that the header shows. */
  readonly signer?: CryptoKey;
}

/** `token` null: for a token endpoint. */
export async function proofOf(
  { privateKey, jwk, alg }: ProofKey,
  {
    method,
    url,
    token,
  }: { readonly method: string; readonly url: string; readonly token: string | null },
  { claims = {}, header = {}, signer = privateKey }: ProofChanges = {},
): Promise<string> {
  const ath = token === null ? {} : { ath: createHash('sha256').update(token).digest('base64url') };
  const iat = Math.floor(Date.now() / 1_000);
  const said = { jti: randomUUID(), htm: method, htu: url, iat, ...ath, ...claims };
  return await new SignJWT(said)
    .setProtectedHeader({ typ: 'dpop+jwt', alg, jwk, ...header })
    .sign(signer);
}
