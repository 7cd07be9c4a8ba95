/** An issuer of tokens: keys that are made for the test, and an address where they can be read. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export interface SigningKey {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly jwk: JWK;
}

export async function newKey(kid: string, alg = 'ES256'): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, jwk: { ...(await exportJWK(publicKey)), kid, use: 'sig' } };
}

export interface TestIssuer {
  readonly url: string;
  /** What is published now. */
  keys: readonly JWK[];
  /** Not null: what it answers instead of its keys. */
  status: number | null;
  /** How long it thinks before it gives its keys. */
  delayMs: number;
  /** How often its keys were read. */
  readonly reads: () => number;
  /** Everything that was asked for. */
  readonly paths: readonly string[];
  readonly close: () => Promise<void>;
}

export async function openIssuer(): Promise<TestIssuer> {
  let reads = 0;
  const paths: string[] = [];
  const server = createServer((request, response) => {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    paths.push(request.url ?? '');
    if (issuer.status !== null) {
      response.writeHead(issuer.status).end();
      return;
    }
    response.setHeader('content-type', 'application/json');
    if (request.url === '/.well-known/openid-configuration') {
      response.end(JSON.stringify({ issuer: address, jwks_uri: `${address}/keys` }));
      return;
    }
    reads += 1;
    setTimeout(() => response.end(JSON.stringify({ keys: issuer.keys })), issuer.delayMs);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const issuer: TestIssuer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    keys: [],
    status: null,
    delayMs: 0,
    reads: () => reads,
    paths,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return issuer;
}

export const AUDIENCE = 'llmproxy';

export interface Said {
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly lifeS?: number;
}

/** A token as a good issuer makes it, and what a test changes of it. */
export async function tokenOf(
  issuer: string,
  { kid, alg, privateKey }: SigningKey,
  { claims = {}, header = {}, lifeS = 300 }: Said = {},
): Promise<string> {
  const nowS = Math.floor(Date.now() / 1_000);
  const body = { iss: issuer, aud: AUDIENCE, sub: 'ann', iat: nowS, exp: nowS + lifeS, ...claims };
  return await new SignJWT(body)
    .setProtectedHeader({ alg, kid, typ: 'at+jwt', ...header })
    .sign(privateKey);
}

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** Parts as they are given, and a signature that a test made itself. */
export function rawToken(
  header: unknown,
  claims: unknown,
  sign: (input: string) => string,
): string {
  const input = `${part(header)}.${part(claims)}`;
  return `${input}.${sign(input)}`;
}

export const hmacWith =
  (secret: string | Uint8Array) =>
  (input: string): string =>
    createHmac('sha256', secret).update(input).digest('base64url');

export const signWith =
  ({ privateKey, alg }: SigningKey) =>
  async (header: unknown, claims: unknown): Promise<string> => {
    const input = `${part(header)}.${part(claims)}`;
    const hash = { name: 'ECDSA', hash: 'SHA-256' };
    const how = alg === 'ES256' ? hash : { name: 'RSASSA-PKCS1-v1_5' };
    const signature = await crypto.subtle.sign(how, privateKey, Buffer.from(input));
    return `${input}.${Buffer.from(signature).toString('base64url')}`;
  };
