/**
 * `oidc-provider` in a process of its own: a package below it makes code from text, which the flags
 * of the gateway, and so of its tests, forbid. Told what to be over the channel to its parent.
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

import { Provider } from 'oidc-provider';

interface Told {
  readonly clients: readonly object[];
  readonly jwk: object;
  readonly cookieKey: string;
  readonly groups: Readonly<Record<string, readonly string[]>>;
}

let handle: RequestListener = (_request, response) => void response.writeHead(503).end();
const server = createServer((request, response) => handle(request, response));
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.on('message', (message) => {
    const provider = new Provider(url, configurationOf(message as Told));
    for (const event of ['server_error', 'backchannel.error', 'grant.error']) {
      provider.on(event, (...args) => {
        const error = args.find((each) => each instanceof Error);
        process.send?.({ error: `${event}: ${error?.message ?? ''}` });
      });
    }
    handle = provider.callback();
    process.send?.({ isReady: true });
  });
  process.send?.({ url });
});
process.on('disconnect', () => process.exit(0));

const configurationOf = ({ clients, jwk, cookieKey, groups }: Told) => ({
  clients,
  jwks: { keys: [jwk] },
  cookies: { keys: [cookieKey] },
  claims: { openid: ['sub', 'sid'], email: ['email'], profile: ['groups'] },
  features: {
    backchannelLogout: { enabled: true },
    devInteractions: { enabled: true },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
    dPoP: { enabled: true },
    // `urn:…:jwt` and `urn:…:opaque`: the form of the token is asked for by whom it is for.
    resourceIndicators: {
      enabled: true,
      defaultResource: () => undefined,
      useGrantedResource: () => true,
      getResourceServerInfo: (_context: unknown, resource: string) => ({
        scope: 'llm',
        audience: resource,
        accessTokenFormat: resource.endsWith(':jwt') ? 'jwt' : 'opaque',
        accessTokenTTL: 300,
      }),
    },
  },
  // Its own way out refuses addresses of this machine, where the gateway of the test is.
  fetch: (
    url: string,
    { dispatcher: _checked, ...options }: RequestInit & { dispatcher?: unknown },
  ) => fetch(url, options),
  pkce: { required: () => true },
  findAccount: (_context: unknown, sub: string) => ({
    accountId: sub,
    claims: () => ({ sub, email: `${sub}@example.com`, groups: groups[sub] ?? [] }),
  }),
});
