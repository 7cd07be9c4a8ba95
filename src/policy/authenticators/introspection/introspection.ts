/**
 * Tokens that mean nothing to us: their server is asked (RFC 7662). What it says is remembered for
 * the whole token, by its SHA-256, for seconds: a token that was revoked must soon be worth nothing.
 */
import { hash } from 'node:crypto';

import { faultCodeOf } from '#domain/fault.ts';
import type { Clock } from '#stdx/clock.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { Lru } from '#stdx/lru.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';
import { err } from '#stdx/result.ts';

import type { Authentication, Authenticator, Credential } from '../authenticator.ts';
import { type ClaimRules, isForAccess, principalOf } from '../jwt/claims.ts';
import {
  admitToken,
  confirmationOf,
  type PossessionPorts,
  type ProvenToken,
} from '../possession.ts';
import { type Because, rejected } from '../rejected.ts';

export interface TokenServer extends ClaimRules {
  /** What it must say in `iss`, if it says one; null: whatever it says. */
  readonly issuer: string | null;
  /** One of these must be in `aud`; null: whatever it says. */
  readonly audiences: readonly string[] | null;
  readonly cacheMs: number;
  /** Asks with a deadline; rejects where there is no answer. */
  readonly ask: (token: string) => Promise<JsonValue>;
}

const ACTIVE_MAX = 20_000;
/** Tokens that are worth nothing are any number: they are forgotten soon, and few at a time. */
const INACTIVE_MAX = 10_000;
const INACTIVE_MS = 5_000;
/** Questions at once. A flood of made-up tokens is not a flood at the server. */
const ASKED_MAX = 64;
/** After a server did not answer, nobody waits for it for so long. */
const DOWN_MS = 2_000;
const TOKEN_CHARS_MAX = 8_192;
/** RFC 6750 section 2.1. */
const TOKEN = /^[\w.~+/-]+=*$/u;
/** Failures in a row before a server counts as down: one odd token is not the end of all others. */
const FAILURES_MAX = 3;

const unavailable = () => err({ reason: 'issuer-unavailable' as const });

const INACTIVE: JsonObject = { active: false };

interface Entry {
  readonly server: TokenServer;
  failures: number;
  downUntilMs: number;
}

interface Accepted extends ProvenToken {
  readonly notAfterMs: number;
}

type Refusal = ReturnType<typeof rejected> | ReturnType<typeof unavailable>;

interface Refused {
  readonly because: Because;
  readonly untilMs: number;
}

export function introspectionAuthenticator(
  servers: readonly TokenServer[],
  ports: PossessionPorts,
  clock: Clock,
): Authenticator {
  const desk = new Desk(servers, ports, clock);
  return {
    name: 'introspection',
    recall: (credential) => desk.recall(credential),
    authenticate(credential): MaybePromise<Authentication> {
      const { token } = credential;
      if (token === '') return 'absent';
      if (token.length > TOKEN_CHARS_MAX || !TOKEN.test(token)) return rejected('malformed');
      return desk.authenticate(credential);
    },
  };
}

class Desk {
  readonly #servers: readonly Entry[];
  /** Tokens that were worth something: their holders are asked about also where strangers wait. */
  readonly #provenOnce = new Lru<string, true>(ACTIVE_MAX);
  readonly #ports: PossessionPorts;
  readonly #clock: Clock;
  readonly #accepted = new Lru<string, Accepted>(ACTIVE_MAX);
  readonly #refused = new Lru<string, Refused>(INACTIVE_MAX);
  /** Those who come with one token at once wait for one answer. */
  readonly #asking = new Map<string, Promise<Accepted | Refusal>>();

  constructor(servers: readonly TokenServer[], ports: PossessionPorts, clock: Clock) {
    this.#servers = servers.map((server) => ({ server, failures: 0, downUntilMs: 0 }));
    this.#ports = ports;
    this.#clock = clock;
  }

  recall(credential: Credential): MaybePromise<Authentication> {
    const digest = hash('sha256', credential.token, 'base64');
    return this.#provenOnce.get(digest) === undefined ? 'absent' : this.authenticate(credential);
  }

  authenticate(credential: Credential): MaybePromise<Authentication> {
    const { token } = credential;
    const digest = hash('sha256', token, 'base64');
    const nowMs = this.#clock.nowMs();
    const accepted = this.#accepted.get(digest);
    if (accepted !== undefined && accepted.notAfterMs > nowMs) {
      return admitToken(accepted, credential, this.#ports);
    }
    const refused = this.#refused.get(digest);
    if (refused !== undefined && refused.untilMs > nowMs) return rejected(refused.because);
    let asking = this.#asking.get(digest);
    if (asking === undefined) {
      if (this.#asking.size >= ASKED_MAX) return unavailable();
      asking = this.#ask(token, digest).finally(() => this.#asking.delete(digest));
      this.#asking.set(digest, asking);
    }
    return asking.then((said) =>
      'principal' in said ? admitToken(said, credential, this.#ports) : said,
    );
  }

  /** The first server that knows the token answers for it. */
  async #ask(token: string, digest: string): Promise<Accepted | Refusal> {
    let isSilent = false;
    let because: Because = 'unknown';
    for (const entry of this.#servers) {
      const said = await this.#answerOf(entry, token);
      if (said === null) {
        isSilent = true;
        continue;
      }
      if (said['active'] !== true) continue;
      const read = readAnswer(said, entry.server, this.#clock.nowMs());
      if (typeof read !== 'string') {
        this.#accepted.set(digest, read);
        this.#provenOnce.set(digest, true);
        return read;
      }
      because = read;
      break;
    }
    // A server that did not answer may be the one that knows it.
    if (because === 'unknown' && isSilent) return unavailable();
    this.#refused.set(digest, { because, untilMs: this.#clock.nowMs() + INACTIVE_MS });
    return rejected(because);
  }

  async #answerOf(entry: Entry, token: string): Promise<JsonObject | null> {
    if (this.#clock.monotonicMs() < entry.downUntilMs) return null;
    try {
      const said = await entry.server.ask(token);
      if (isJsonObject(said)) {
        entry.failures = 0;
        return said;
      }
    } catch (thrown) {
      // The server is there and does not take this one text: it is no token of its own.
      if (faultCodeOf(thrown) === 'provider-refused-call') return INACTIVE;
    }
    entry.failures += 1;
    if (entry.failures >= FAILURES_MAX) entry.downUntilMs = this.#clock.monotonicMs() + DOWN_MS;
    return null;
  }
}

function readAnswer(said: JsonObject, server: TokenServer, nowMs: number): Accepted | Because {
  const { iss, aud, exp, nbf, token_type: type } = said;
  const boundTo = confirmationOf(said['cnf']);
  const isDpop = typeof type === 'string' && type.toLowerCase() === 'dpop';
  // A server that calls it a DPoP token and does not say of which key has bound it to nothing.
  if (boundTo === undefined || (isDpop && boundTo?.kind !== 'dpop')) return 'unfit';
  if (!isForAccess(said)) return 'unfit';
  if (server.issuer !== null && iss !== undefined && iss !== server.issuer) return 'unfit';
  if (server.audiences !== null && !isFor(aud, server.audiences)) return 'unfit';
  const untilMs = exp === undefined ? Number.POSITIVE_INFINITY : timeOf(exp);
  const fromMs = nbf === undefined ? 0 : timeOf(nbf);
  if (untilMs === null || fromMs === null || fromMs > nowMs) return 'unfit';
  if (untilMs <= nowMs) return 'expired';
  const principal = principalOf(said, server, 'introspection');
  if (principal === null) return 'unfit';
  return { principal, boundTo, notAfterMs: Math.min(untilMs, nowMs + server.cacheMs) };
}

function isFor(aud: JsonValue | undefined, audiences: readonly string[]): boolean {
  const named = Array.isArray(aud) ? aud : [aud];
  return named.some((one) => typeof one === 'string' && audiences.includes(one));
}

const timeOf = (value: JsonValue): number | null =>
  typeof value === 'number' && Number.isFinite(value) ? value * 1_000 : null;
