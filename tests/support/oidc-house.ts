/** A gateway whose administrators sign in with a provider that runs beside it. */
import { createServer } from 'node:net';

import { type Browser, throughProvider, type Seen } from './browser.ts';
import { BASE, DEMO, type House, openHouse } from './house.ts';
import { type IdentityProvider, openIdentityProvider } from './identity-provider.ts';

export const SESSION = '__Host-llmproxy-session';
export const CALLBACK = '/admin/v1/login/oidc/callback';

export interface OidcHouse {
  readonly house: House;
  readonly provider: IdentityProvider;
  readonly close: () => Promise<void>;
}

const GROUPS = {
  olga: ['staff', 'llm-operators'],
  paul: ['llm-admins', 'llm-operators'],
  nobody: ['staff'],
};

/** The provider must know the gateway's address, and the gateway its own, before it has one. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}

export async function openOidcHouse(more = ''): Promise<OidcHouse> {
  const provider = await openIdentityProvider(GROUPS);
  const adminUrl = `http://127.0.0.1:${await freePort()}`;
  await provider.register(adminUrl);
  const yaml = `${DEMO}guards: []
admin:
  listen: ${adminUrl.replace('http://', '')}
  oidc:
    name: Example
    issuer: ${provider.url}
    clientId: ${provider.clientId}
    clientSecret: \${env:OIDC_SECRET}
    publicUrl: ${adminUrl}
    allowPrivateAddress: true
    roles:
      - { group: llm-admins, role: platform-admin }
      - { group: llm-operators, role: operator, tenant: acme }
${more}${BASE}`;
  const house = await openHouse(yaml, { OIDC_SECRET: provider.clientSecret });
  const close = async (): Promise<void> => {
    await house.close();
    await provider.close();
  };
  return { house, provider, close };
}

/** What the button of the dashboard does: the address to go to. */
export async function beginLogin(browser: Browser, { adminUrl }: House): Promise<string> {
  const headers = { origin: adminUrl, 'sec-fetch-site': 'same-origin' };
  const seen = await browser.send(`${adminUrl}/admin/v1/login/oidc`, { json: {}, headers });
  const { url } = JSON.parse(seen.text) as { url?: string };
  if (url === undefined) throw new Error(seen.text);
  return url;
}

/** Up to the answer of the callback. */
export async function signInWith(browser: Browser, house: House, login: string): Promise<Seen> {
  const address = await beginLogin(browser, house);
  const back = await throughProvider(browser, address, login, house.adminUrl + CALLBACK);
  return await browser.send(back, { headers: { 'sec-fetch-site': 'cross-site' } });
}
