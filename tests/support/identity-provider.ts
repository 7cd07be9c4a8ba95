/** A real OpenID Connect provider (`oidc-provider`) on this machine, with the people that a test names. */
import { fork } from 'node:child_process';
import { join } from 'node:path';

import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

import { randomBase62 } from '#stdx/base62.ts';

export interface IdentityProvider {
  readonly url: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** A service, which gets tokens for itself and may ask what a token is worth. */
  readonly machine: { readonly clientId: string; readonly clientSecret: string };
  /** What went wrong inside it. */
  readonly errors: string[];
  /** A token with its own key, as it, or somebody who holds that key, would make it. */
  sign(claims: Record<string, unknown>, typ?: string): Promise<string>;
  /** The gateway's admin address is not known before the provider's is. */
  register(adminUrl: string): Promise<void>;
  close(): Promise<void>;
}

export async function openIdentityProvider(
  groups: Readonly<Record<string, readonly string[]>>,
): Promise<IdentityProvider> {
  const script = join(import.meta.dirname, 'identity-provider-process.ts');
  const child = fork(script, { execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
  const errors: string[] = [];
  const waiting: ((message: Record<string, unknown>) => void)[] = [];
  child.on('message', (message) => {
    const told = message as Record<string, unknown>;
    if (typeof told['error'] === 'string') errors.push(told['error']);
    else waiting.shift()?.(told);
  });
  const next = () =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      waiting.push(resolve);
      child.once('exit', () => reject(new Error('the identity provider ended')));
    });
  const url = String((await next())['url']);
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk: JWK = { ...(await exportJWK(privateKey)), kid: 'p1', use: 'sig', alg: 'RS256' };
  const clientId = 'llmproxy';
  const clientSecret = randomBase62(40);
  const machine = { clientId: 'service', clientSecret: randomBase62(40) };
  return {
    url,
    clientId,
    clientSecret,
    machine,
    errors,
    sign: (claims, typ = 'logout+jwt') =>
      new SignJWT(claims)
        .setProtectedHeader({ alg: 'RS256', kid: 'p1', typ })
        .setIssuedAt()
        .setExpirationTime('2m')
        .sign(privateKey),
    async register(adminUrl) {
      const client = {
        client_id: clientId,
        client_secret: clientSecret,
        redirect_uris: [`${adminUrl}/admin/v1/login/oidc/callback`],
        backchannel_logout_uri: `${adminUrl}/admin/v1/logout/oidc`,
        backchannel_logout_session_required: true,
      };
      const service = {
        client_id: machine.clientId,
        client_secret: machine.clientSecret,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
      };
      const ready = next();
      child.send({ clients: [client, service], jwk, cookieKey: randomBase62(32), groups });
      await ready;
    },
    close: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', () => resolve());
        child.disconnect();
      }),
  };
}
