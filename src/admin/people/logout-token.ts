/**
 * Logout tokens (OpenID Connect Back-Channel Logout 1.0 section 2.6): of the configured issuer, for
 * this client, signed with a key of the issuer, young, for a logout and nothing else, and new.
 *
 * An ID token has the same issuer, audience and keys: the event must be there and a nonce must not,
 * or whoever holds somebody's ID token could end their sessions.
 */
import { jwtVerify } from 'jose';

import { readCompact } from '#policy/authenticators/jwt/compact.ts';
import {
  algorithms,
  curveAlgorithms,
  IssuerKeys,
  type ReadKeys,
} from '#policy/authenticators/jwt/issuer-keys.ts';
import type { Clock } from '#stdx/clock.ts';
import { isJsonObject } from '#stdx/json.ts';
import { Lru } from '#stdx/lru.ts';

import { type OidcSection, ownerOf, sidHashOf } from './oidc-claims.ts';
import type { LogoutTarget } from './people-issuer.ts';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';
const AGE_SECONDS_MAX = 150;
const LEEWAY_SECONDS = 30;
/** Forgetting one lets it end the same sessions again, which are over. */
const SEEN_MAX = 10_000;

export class LogoutTokens {
  readonly #section: Pick<OidcSection, 'issuer' | 'clientId'>;
  readonly #keys: IssuerKeys;
  readonly #clock: Clock;
  readonly #seen = new Lru<string, true>(SEEN_MAX);

  constructor(section: Pick<OidcSection, 'issuer' | 'clientId'>, read: ReadKeys, clock: Clock) {
    this.#section = section;
    this.#keys = new IssuerKeys(read, [...algorithms, ...curveAlgorithms], clock);
    this.#clock = clock;
  }

  /** Null: it is no logout token for us. */
  async read(token: string): Promise<LogoutTarget | null> {
    const unproven = readCompact(token);
    if (unproven === null) return null;
    const { kid, alg, typ } = unproven.header;
    const isTyped =
      typ === undefined ||
      (typeof typ === 'string' && /^(?:application\/)?(?:logout\+)?jwt$/iu.test(typ));
    if (!isTyped || typeof alg !== 'string') return null;
    const key = await this.#keys.find(typeof kid === 'string' ? kid : null, alg);
    if (key === null) return null;
    const { issuer, clientId } = this.#section;
    await jwtVerify(token, key.key, {
      algorithms: [key.algorithm],
      issuer,
      audience: clientId,
      requiredClaims: ['iat', 'exp', 'jti', 'events'],
      maxTokenAge: AGE_SECONDS_MAX,
      clockTolerance: LEEWAY_SECONDS,
      currentDate: new Date(this.#clock.nowMs()),
    });
    return this.#targetOf(unproven.claims);
  }

  /** The claims are of the same text that was verified, read by the stricter reader. */
  #targetOf(claims: NonNullable<ReturnType<typeof readCompact>>['claims']): LogoutTarget | null {
    const { events, nonce, jti, sub, sid } = claims;
    const isLogout = isJsonObject(events) && isJsonObject(events[EVENT]);
    if (!isLogout || nonce !== undefined || typeof jti !== 'string') return null;
    if (this.#seen.get(jti) === true) return null;
    const { issuer } = this.#section;
    const target: LogoutTarget = {
      owner: typeof sub === 'string' && sub !== '' ? ownerOf(issuer, sub) : null,
      sidHash: typeof sid === 'string' && sid !== '' ? sidHashOf(issuer, sid) : null,
      spend: () => this.#seen.set(jti, true),
    };
    return target.owner === null && target.sidHash === null ? null : target;
  }
}
