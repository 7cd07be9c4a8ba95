/**
 * Tokens that this gateway gave for a key (OAuth 2.0 client credentials). A token is a stand-in of its
 * key, for minutes: what the key may do is looked up each time, so that revoking or suspending the key
 * ends its tokens at once.
 */
import { hash } from 'node:crypto';

import type { Clock } from '#stdx/clock.ts';
import { Lru } from '#stdx/lru.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';

import { answerOf, type KeyStore, type StoredKey } from '../api-key.ts';
import type { Authentication, Authenticator } from '../authenticator.ts';
import { looksLikeJwt, readCompact } from '../jwt/compact.ts';
import type { TokenKeys } from './token-keys.ts';
import {
  admitToken,
  type Confirmation,
  confirmationOf,
  type PossessionPorts,
} from '../possession.ts';
import { type Because, rejected } from '../rejected.ts';

export interface OwnTokenPorts {
  readonly keys: Pick<KeyStore, 'find'>;
  readonly tokenKeys: TokenKeys;
  readonly clock: Clock;
  readonly possession: PossessionPorts;
}

interface Accepted {
  readonly keyId: string;
  readonly boundTo: Confirmation | null;
  readonly notAfterMs: number;
}

const ACCEPTED_MAX = 10_000;

/** `issuer`: the address of this gateway, which is who its tokens are by and for. */
export function ownTokenAuthenticator(
  issuer: string,
  { keys, tokenKeys, clock, possession }: OwnTokenPorts,
): Authenticator {
  const accepted = new Lru<string, Accepted>(ACCEPTED_MAX);
  return {
    name: 'own-token',
    authenticate(credential): MaybePromise<Authentication> {
      const { token } = credential;
      if (!looksLikeJwt(token)) return 'absent';
      const digest = hash('sha256', token, 'base64');
      let known = accepted.get(digest);
      if (known === undefined) {
        const read = readOwn(token, issuer, tokenKeys);
        if (typeof read === 'string') return read === 'absent' ? 'absent' : rejected(read);
        known = read;
        accepted.set(digest, known);
      }
      const nowMs = clock.nowMs();
      if (known.notAfterMs <= nowMs) return rejected('expired');
      const { boundTo } = known;
      return andThen(keys.find(known.keyId), (stored) => {
        const answer = answerFor(stored, nowMs);
        if (answer === 'absent' || !answer.ok) return answer;
        return admitToken({ principal: answer.value, boundTo }, credential, possession);
      });
    },
  };
}

const answerFor = (stored: StoredKey | undefined, nowMs: number): Authentication =>
  stored === undefined ? rejected('unknown') : answerOf(stored, nowMs);

/** What has our header is ours to judge; what another issuer signed is not. */
function readOwn(token: string, issuer: string, keys: TokenKeys): Accepted | Because | 'absent' {
  const isSigned = keys.check(token);
  if (isSigned !== true) return isSigned === null ? 'absent' : 'untrusted';
  const { iss, aud, sub, exp, cnf } = readCompact(token)?.claims ?? {};
  const boundTo = confirmationOf(cnf);
  if (boundTo === undefined) return 'unfit';
  if (iss !== issuer || aud !== issuer || typeof exp !== 'number') return 'unfit';
  if (typeof sub !== 'string' || !sub.startsWith('key_')) return 'unfit';
  return { keyId: sub.slice(4), boundTo, notAfterMs: exp * 1_000 };
}
