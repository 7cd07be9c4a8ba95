/** Who gives tokens of this gateway, and for which keys. */
import type { Authenticator } from '#policy/authenticators/authenticator.ts';
import type { JsonObject } from '#stdx/json.ts';

export interface TokenIssuer {
  /** The address of this gateway: who tokens are by and for. */
  readonly issuer: string;
  readonly lifetimeMs: number;
  readonly sign: (claims: JsonObject) => string;
  /** Proves the key that a client shows as its secret. */
  readonly prover: Authenticator;
}
