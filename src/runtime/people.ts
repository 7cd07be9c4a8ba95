/** How people sign in, out of a configuration: read at start, as all of `admin` is. */
import { LoginThrottle } from '#admin/people/login-throttle.ts';
import { oidcFetch } from '#admin/people/oidc-fetch.ts';
import { OidcIssuer } from '#admin/people/oidc-issuer.ts';
import { Passwords } from '#admin/people/password-hash.ts';
import type { PeoplePorts } from '#admin/people/people-ports.ts';
import type { Config } from '#config/config.ts';
import { JsonClient } from '#gateway/json-client.ts';

import type { World } from './world.ts';

export interface OpenPeople extends PeoplePorts {
  close(): Promise<void>;
}

export function openPeople(
  { admin }: Pick<Config, 'admin'>,
  { clock, peppers }: Pick<World, 'clock' | 'peppers'>,
): OpenPeople {
  const base = { passwords: new Passwords(), throttle: new LoginThrottle(clock) };
  if (admin.oidc === undefined) return { ...base, issuer: null, close: () => Promise.resolve() };
  const client = new JsonClient(admin.oidc);
  const ports = {
    clock,
    peppers,
    fetch: oidcFetch(client),
    ask: (url: URL) => client.ask({ url }),
  };
  const issuer = new OidcIssuer(admin.oidc, ports);
  return { ...base, issuer, close: () => client.close() };
}
