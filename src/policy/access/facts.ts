/**
 * What a condition can read, and nothing else: three objects with the fields of `FIELDS`.
 *
 * A value that is not there is absent, not empty: reading it is an error, and `has()` asks for it. A
 * value beyond its bound is an error too. It is never cut: `all()` over half of a list would say yes
 * to what the other half hides.
 */
import type { AskedCall, AskedRequest } from '#domain/asked.ts';
import type { Principal } from '#domain/principal.ts';

import { type LocalTime, localTime } from './local-time.ts';

/** By field, its type in CEL and what it is. The manual has the same table. */
export const FIELDS = {
  principal: {
    tenant: ['string', 'whose caller it is'],
    team: ['string', 'absent where the key or token names none'],
    user: ['string', 'absent where the key or token names none'],
    serviceAccount: ['string', 'the name of the service account whose key it is; else absent'],
    key: ['string', 'the id of the key, without its prefix; absent for tokens'],
    roles: [
      'list<string>',
      'roles that came with the key or token; those of bindings are not here',
    ],
    claims: ['map<string, list<string>>', 'of a token, each a list; absent claims are not in it'],
    provenBy: ['string', 'api-key, jwt, introspection or mtls'],
  },
  call: {
    action: ['string', 'chat, embeddings, count-tokens or models'],
    model: ['string', 'the name that the caller used'],
    dialect: ['string', 'openai-chat, openai-responses, openai-embeddings, anthropic-messages'],
    isStreamed: ['bool', 'whether the answer is to be a stream'],
    maxOutputTokens: ['int', 'absent where the caller sets none'],
    choices: ['int', 'parallel answers asked for'],
    tools: ['list<string>', 'names of the tools that the call offers'],
    endUser: [
      'string',
      'what the caller says of its user, proven by nobody; absent if it says nothing',
    ],
  },
  request: {
    ip: ['string', 'the address of the caller, behind trusted proxies'],
    route: ['string', 'the name of the route, as in records'],
    time: ['google.protobuf.Timestamp', 'now'],
    hour: ['int', '0 to 23, in the time zone of the tenant'],
    minute: ['int', '0 to 59'],
    weekday: ['int', '1, Monday, to 7, Sunday'],
  },
} as const satisfies Record<string, Record<string, readonly [type: string, about: string]>>;

export const FACT_CHARS_MAX = 1_024;
export const FACT_LIST_MAX = 256;

/** A value that no condition may be decided on. Its message quotes nothing. */
class UnfitFact extends Error {
  override readonly name = 'UnfitFact';
}

type Maybe<T> = T | undefined;

function text(value: string | null | undefined): Maybe<string> {
  if (value === null || value === undefined) return undefined;
  if (typeof value !== 'string') throw new UnfitFact('not a text');
  if (value.length > FACT_CHARS_MAX) throw new UnfitFact('too long');
  return value;
}

function int(value: number | null | undefined): Maybe<bigint> {
  if (value === null || value === undefined) return undefined;
  if (!Number.isSafeInteger(value)) throw new UnfitFact('not a whole number');
  return BigInt(value);
}

function texts(values: readonly string[]): string[] {
  if (values.length > FACT_LIST_MAX) throw new UnfitFact('too many');
  return values.map((value) => text(value) ?? '');
}

/** `scope` is one text of words (RFC 8693 section 4.2). */
const claimList = (name: string, value: string | readonly string[]): readonly string[] => {
  if (typeof value !== 'string') return value;
  return name === 'scope' ? value.split(' ').filter((word) => word !== '') : [value];
};

function claimsOf({ claims }: Principal): Map<string, string[]> {
  const entries = Object.entries(claims);
  if (entries.length > FACT_LIST_MAX) throw new UnfitFact('too many');
  // A map, not an object: it has no prototype whose names could be read as claims.
  return new Map(entries.map(([name, value]) => [name, texts(claimList(name, value))]));
}

export class PrincipalFacts {
  readonly #principal: Principal;
  #claims: Map<string, string[]> | null = null;
  #roles: string[] | null = null;

  constructor(principal: Principal) {
    this.#principal = principal;
  }

  get tenant(): Maybe<string> {
    return text(this.#principal.tenant);
  }

  get team(): Maybe<string> {
    return text(this.#principal.team);
  }

  get user(): Maybe<string> {
    return text(this.#principal.user);
  }

  get serviceAccount(): Maybe<string> {
    return text(this.#principal.serviceAccount?.name);
  }

  get key(): Maybe<string> {
    return text(this.#principal.keyId);
  }

  get roles(): string[] {
    return (this.#roles ??= texts(this.#principal.roles));
  }

  get claims(): Map<string, string[]> {
    return (this.#claims ??= claimsOf(this.#principal));
  }

  get provenBy(): Maybe<string> {
    return text(this.#principal.provenBy);
  }
}

export class CallFacts {
  readonly #call: Partial<AskedCall>;
  #tools: string[] | null = null;

  constructor(call: Partial<AskedCall>) {
    this.#call = call;
  }

  get action(): Maybe<string> {
    return text(this.#call.action);
  }

  get model(): Maybe<string> {
    return text(this.#call.model);
  }

  get dialect(): Maybe<string> {
    return text(this.#call.dialect);
  }

  get isStreamed(): Maybe<boolean> {
    return this.#call.isStreamed;
  }

  get maxOutputTokens(): Maybe<bigint> {
    return int(this.#call.maxOutputTokens);
  }

  get choices(): Maybe<bigint> {
    return int(this.#call.choices);
  }

  get tools(): Maybe<string[]> {
    const { tools } = this.#call;
    if (tools === undefined) return undefined;
    if (tools.length > FACT_LIST_MAX) throw new UnfitFact('too many');
    return (this.#tools ??= texts(tools.map(({ name }) => name)));
  }

  get endUser(): Maybe<string> {
    return text(this.#call.endUser);
  }
}

export class RequestFacts {
  readonly #request: AskedRequest;
  readonly #timeZone: string;
  #nowMs: number | null = null;
  #local: LocalTime | null = null;

  constructor(request: AskedRequest, timeZone: string) {
    this.#request = request;
    this.#timeZone = timeZone;
  }

  get ip(): Maybe<string> {
    return text(this.#request.ip);
  }

  get route(): Maybe<string> {
    return text(this.#request.route);
  }

  get time(): Date {
    return new Date(this.#now());
  }

  get hour(): Maybe<bigint> {
    return int(this.#localTime().hour);
  }

  get minute(): Maybe<bigint> {
    return int(this.#localTime().minute);
  }

  get weekday(): Maybe<bigint> {
    return int(this.#localTime().weekday);
  }

  /** One decision has one time: read once, when a condition asks. */
  #now(): number {
    return (this.#nowMs ??= this.#request.clock.nowMs());
  }

  #localTime(): LocalTime {
    return (this.#local ??= localTime(this.#now(), this.#timeZone));
  }
}

export interface Facts {
  readonly principal: PrincipalFacts;
  readonly call: CallFacts;
  readonly request: RequestFacts;
}
