/** The identity provider of a drill: keys that it publishes, and tokens that it signs with them. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

import type { JsonObject } from '#stdx/json.ts';

import type { Lab } from './lab.ts';
import { type Played, sendJson } from './http.ts';

const AUDIENCE = 'llmproxy';
const LIFE_S = 86_400;

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: JsonObject;
}

function newKey(kid: string): SigningKey {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { kty = '', crv = '', x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return { kid, privateKey, jwk: { kty, crv, x, y, kid, use: 'sig', alg: 'ES256' } };
}

const part = (value: JsonObject): string =>
  Buffer.from(JSON.stringify(value)).toString('base64url');

export class DrillIssuer {
  readonly #played: Played;
  #keys: readonly SigningKey[];

  private constructor(played: Played) {
    this.#played = played;
    this.#keys = [newKey('first')];
    played.script = (_heard, response) =>
      sendJson(response, 200, { keys: this.#keys.map(({ jwk }) => jwk) });
  }

  static async open(lab: Lab): Promise<DrillIssuer> {
    return new DrillIssuer(await lab.played(() => {}));
  }

  /** A new key is published, and the one before is not any more. */
  rotate(): void {
    this.#keys = [newKey(`key${this.#keys[0]?.kid ?? ''}`)];
  }

  get reads(): number {
    return this.#played.heard();
  }

  yaml(): string {
    const { url } = this.#played;
    return `auth: { jwt: [{ issuer: "${url}", audience: ${AUDIENCE}, jwksUri: "${url}/keys", algorithms: [ES256], tenant: acme, allowPrivateAddress: true }] }\n`;
  }

  /** Of the newest key, or of one that nobody has published. */
  token(isForeign = false): string {
    const [own] = this.#keys;
    const { kid, privateKey } = isForeign || own === undefined ? newKey('foreign') : own;
    const iat = Math.floor(Date.now() / 1_000);
    const claims = {
      iss: this.#played.url,
      aud: AUDIENCE,
      sub: 'ann',
      iat,
      exp: iat + LIFE_S,
    };
    const input = `${part({ alg: 'ES256', kid, typ: 'at+jwt' })}.${part(claims)}`;
    const how = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
    return `${input}.${sign('sha256', Buffer.from(input), how).toString('base64url')}`;
  }

  leave(): Promise<void> {
    return this.#played.leave();
  }

  back(): Promise<void> {
    return this.#played.back();
  }
}
