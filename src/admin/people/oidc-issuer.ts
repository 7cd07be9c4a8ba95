/**
 * Sign-in with an OpenID Connect provider: code flow with PKCE, state and nonce. The three live in an
 * encrypted cookie of the browser that began, so that a code or an answer that was planted in another
 * browser fits nothing there, and strangers who begin fill no memory of ours.
 */
import * as oidc from 'openid-client';
import { z } from 'zod';

import type { Peppers } from '#config/peppers.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#stdx/json.ts';
import { Lru } from '#stdx/lru.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { LogoutTokens } from './logout-token.ts';
import { type OidcSection, personOfClaims, settingsOf } from './oidc-claims.ts';
import type {
  IssuedPerson,
  IssuerRefusal,
  LoginStart,
  LogoutTarget,
  PeopleIssuer,
} from './people-issuer.ts';
import { seal, unseal } from './secret-box.ts';

export const CALLBACK = '/admin/v1/login/oidc/callback';
export const LOGIN_SECONDS = 600;

const FRESH_MS = 3_600_000;
/** While the provider is down, people who try again do not ask it each time. */
const BETWEEN_READS_MS = 5_000;
const USED_MAX = 10_000;

const started = z.strictObject({
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  replaces: z.string().nullable(),
  endsMs: z.int(),
});

export interface OidcPorts {
  readonly clock: Clock;
  readonly peppers: Peppers;
  readonly fetch: oidc.CustomFetch;
  /** A document of the provider's, through the same checks. */
  readonly ask: (url: URL) => Promise<JsonValue>;
}

export class OidcIssuer implements PeopleIssuer {
  readonly name: string;
  readonly settings: string;
  readonly #section: OidcSection;
  readonly #ports: OidcPorts;
  readonly #logoutTokens: LogoutTokens;
  /** States that came back: an answer is taken once. */
  readonly #used = new Lru<string, true>(USED_MAX);
  #known: oidc.Configuration | null = null;
  #reading: Promise<oidc.Configuration> | null = null;
  #readAtMs = Number.NEGATIVE_INFINITY;
  #triedAtMs = Number.NEGATIVE_INFINITY;

  constructor(section: OidcSection, ports: OidcPorts) {
    this.name = section.name;
    this.settings = settingsOf(section);
    this.#section = section;
    this.#ports = ports;
    const readKeys = async (): Promise<JsonValue> => {
      const { jwks_uri: address } = (await this.#configuration()).serverMetadata();
      return await ports.ask(new URL(address ?? ''));
    };
    this.#logoutTokens = new LogoutTokens(section, readKeys, ports.clock);
  }

  async begin(replaces: string | null): Promise<Result<LoginStart, IssuerRefusal>> {
    const configuration = await this.#configuration().catch(() => null);
    if (configuration === null) return err('oidc-unreachable');
    const { clock, peppers } = this.#ports;
    const endsMs = clock.nowMs() + LOGIN_SECONDS * 1_000;
    const secrets = {
      state: randomBase62(43),
      nonce: randomBase62(43),
      verifier: randomBase62(64),
    };
    const url = oidc.buildAuthorizationUrl(configuration, {
      redirect_uri: this.#callback().href,
      scope: [...new Set(['openid', ...this.#section.scopes])].join(' '),
      state: secrets.state,
      nonce: secrets.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(secrets.verifier),
      code_challenge_method: 'S256',
    });
    const text = JSON.stringify({ ...secrets, replaces, endsMs });
    return ok({ url: url.href, sealed: seal(text, 'oidc login', this.settings, peppers) });
  }

  async finish(query: string, sealed: string): Promise<Result<IssuedPerson, IssuerRefusal>> {
    const { clock, peppers } = this.#ports;
    const opened = unseal(sealed, 'oidc login', this.settings, peppers);
    const login = started.safeParse(parseJson(opened ?? ''));
    if (!login.success || login.data.endsMs <= clock.nowMs()) return err('oidc-state');
    const { state, nonce, verifier, replaces } = login.data;
    const params = new URLSearchParams(query);
    // Compared before anything is sent: a planted answer does not make us ask the provider.
    const isOurs = params.getAll('state').length === 1 && params.get('state') === state;
    if (!isOurs || this.#used.get(state) === true) return err('oidc-state');
    this.#used.set(state, true);
    const configuration = await this.#configuration().catch(() => null);
    if (configuration === null) return err('oidc-unreachable');
    const current = this.#callback();
    current.search = query;
    const checks = { expectedState: state, expectedNonce: nonce, pkceCodeVerifier: verifier };
    const claims = await this.#claims(configuration, current, checks).catch(() => null);
    if (claims === null) return err('oidc-failed');
    const person = personOfClaims(claims, this.#section);
    return person === null ? err('oidc-role') : ok({ ...person, replaces });
  }

  async logout(token: string): Promise<Result<LogoutTarget, IssuerRefusal>> {
    const target = await this.#logoutTokens.read(token).catch(() => null);
    return target === null ? err('oidc-failed') : ok(target);
  }

  /** Of the ID token; what a provider keeps for its userinfo endpoint is added, and replaces nothing. */
  async #claims(
    configuration: oidc.Configuration,
    current: URL,
    checks: oidc.AuthorizationCodeGrantChecks,
  ): Promise<JsonObject> {
    const tokens = await oidc.authorizationCodeGrant(configuration, current, {
      ...checks,
      idTokenExpected: true,
    });
    const claims = jsonOf(tokens.claims());
    const { userinfo_endpoint: endpoint } = configuration.serverMetadata();
    const { sub } = claims;
    if (endpoint === undefined || typeof sub !== 'string') return claims;
    const more = await oidc.fetchUserInfo(configuration, tokens.access_token, sub);
    return { ...jsonOf(more), ...claims };
  }

  #callback(): URL {
    return new URL(CALLBACK, this.#section.publicUrl);
  }

  /** The provider's metadata: read again when it is old; while that fails, what was read before. */
  async #configuration(): Promise<oidc.Configuration> {
    const nowMs = this.#ports.clock.monotonicMs();
    const known = this.#known;
    if (known !== null && nowMs - this.#readAtMs < FRESH_MS) return known;
    if (this.#reading === null && nowMs - this.#triedAtMs < BETWEEN_READS_MS) {
      if (known !== null) return known;
      throw new Error('the provider was not reached a moment ago');
    }
    if (this.#reading === null) {
      this.#triedAtMs = nowMs;
      this.#reading = this.#read().finally(() => {
        this.#reading = null;
      });
    }
    return await this.#reading.catch((thrown: unknown) => {
      if (known !== null) return known;
      throw thrown;
    });
  }

  async #read(): Promise<oidc.Configuration> {
    const { issuer, clientId, clientSecret } = this.#section;
    const isPlain = issuer.startsWith('http://');
    const configuration = await oidc.discovery(
      new URL(issuer),
      clientId,
      {},
      oidc.ClientSecretBasic(clientSecret),
      {
        [oidc.customFetch]: this.#ports.fetch,
        // Signatures are checked although the token came over TLS: an issuer on plain http has none.
        execute: [
          oidc.enableNonRepudiationChecks,
          // The configuration allows http for issuers of this network alone.
          ...(isPlain ? [oidc.allowInsecureRequests] : []),
        ],
      },
    );
    this.#known = configuration;
    this.#readAtMs = this.#ports.clock.monotonicMs();
    return configuration;
  }
}

/** As JSON, which it came from. */
function jsonOf(value: unknown): JsonObject {
  const json = parseJson(JSON.stringify(value ?? null));
  return isJsonObject(json) ? json : {};
}
