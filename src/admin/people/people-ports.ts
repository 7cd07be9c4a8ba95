/** What sessions and accounts need of the world, beside what every route has. */
import type { PeopleIssuer } from './people-issuer.ts';
import type { LoginThrottle } from './login-throttle.ts';
import type { Passwords } from './password-hash.ts';

export interface PeoplePorts {
  readonly passwords: Passwords;
  readonly throttle: LoginThrottle;
  /** Null: nobody signs in with a provider. */
  readonly issuer: PeopleIssuer | null;
}
