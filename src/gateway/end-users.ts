/**
 * Whom a caller says that it calls for: `x-llmproxy-end-user`. A plain name stands in records and rules
 * may read it; it owns nothing and no limit is by it, as anybody with the key can write it. A token that
 * an issuer of `auth.endUsers` has signed is proven, and its user is the user of the call.
 */
import { END_USER_CHARS_MAX } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';
import type { Authenticator } from '#policy/authenticators/authenticator.ts';
import { andThen, type MaybePromise } from '#stdx/maybe-promise.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { FailedCredentials } from './failed-credentials.ts';
import { type Attempt, refusedCredential } from './refused-credential.ts';

export const END_USER_HEADER = 'x-llmproxy-end-user';
const NAME = /^[\x20-\x7e]+$/u;
/** Three parts, as a signed token has them: what has this form is proven or refused, never a name. */
const TOKEN = /^ey[\w-]*\.[\w-]+\.[\w-]+$/u;

const malformed = (problem: string): Result<never, Denial> =>
  err({ reason: 'request-malformed', field: END_USER_HEADER, problem });

/** Null: it names nobody. */
function readEndUser(rawHeaders: readonly string[]): Result<string | null, Denial> {
  let found: string | null = null;
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    if (rawHeaders[index]?.toLowerCase() !== END_USER_HEADER) continue;
    if (found !== null) return malformed('it stands twice');
    found = rawHeaders[index + 1] ?? '';
  }
  if (found === null || TOKEN.test(found)) return ok(found);
  if (found.length > END_USER_CHARS_MAX || !NAME.test(found)) {
    return malformed(`write at most ${END_USER_CHARS_MAX} printable characters, or a signed token`);
  }
  return ok(found);
}

/** Who calls, and the plain name of whom it calls for; null where there is none, or it was a token. */
export interface Caller {
  readonly principal: Principal;
  readonly endUser: string | null;
}

/** One object for one caller and one end user, so that what was decided about their roles is kept. */
const combined = new WeakMap<Principal, WeakMap<Principal, Principal>>();

function combine(app: Principal, endUser: Principal): Principal {
  const known = combined.get(app) ?? new WeakMap<Principal, Principal>();
  combined.set(app, known);
  const before = known.get(endUser);
  if (before !== undefined) return before;
  // The rights stay those of the application: its roles, its scope, and bindings of the user beside.
  const principal = { ...app, user: endUser.user, ...claimsOf(app, endUser) };
  known.set(endUser, principal);
  return principal;
}

const TOKENS: ReadonlySet<Principal['provenBy']> = new Set(['jwt', 'introspection']);

/**
 * Claims of two issuers are never one map: a rule that asks for `iss` and another claim would take the
 * word of one for the word of the other. A caller with a token keeps its own; of its end user only who
 * acts for them is kept, for the record.
 */
function claimsOf(app: Principal, endUser: Principal): Pick<Principal, 'claims' | 'endUserActor'> {
  if (!TOKENS.has(app.provenBy)) return { claims: { ...endUser.claims, ...app.claims } };
  const { act } = endUser.claims;
  return { claims: app.claims, endUserActor: typeof act === 'string' ? act : undefined };
}

export interface EndUserPorts {
  readonly prover: Authenticator | null;
  readonly attempt: Attempt;
  readonly failed: FailedCredentials;
}

/** The caller, with the user that its token for the end user proves. */
export function withEndUser(
  app: Principal,
  rawHeaders: readonly string[],
  { prover, attempt, failed }: EndUserPorts,
): MaybePromise<Result<Caller, Denial>> {
  const read = readEndUser(rawHeaders);
  if (!read.ok) return read;
  const said = read.value;
  if (said === null || !TOKEN.test(said)) return ok({ principal: app, endUser: said });
  if (prover === null) return malformed('signed end users are not taken here');
  const credential = { carrier: 'authorization', token: said } as const;
  // Nothing that costs is proven for an address that waits: what is remembered counts.
  const asked =
    attempt.waitMs !== null && prover.recall !== undefined
      ? prover.recall(credential)
      : prover.authenticate(credential);
  return andThen(asked, (answer) => {
    const found = answer === 'absent' ? UNKNOWN : answer;
    if (!found.ok) return err(refusedEndUser(found.error, { app, attempt, failed }));
    const { tenant, user } = found.value;
    // A caller that is somebody already cannot become somebody else; another tenant's users are nobody.
    const isFit = tenant === app.tenant && user !== null && (app.user ?? user) === user;
    if (isFit) return ok({ principal: combine(app, found.value), endUser: null });
    return err(refusedEndUser(UNFIT, { app, attempt, failed }));
  });
}

const UNFIT: Denial = { reason: 'credential-rejected', because: 'unfit' };
const UNKNOWN = err({ reason: 'credential-rejected', because: 'unknown' } as const);

interface Refused extends Omit<EndUserPorts, 'prover'> {
  readonly app: Principal;
}

/** The record names the key that brought the token; the key was right, and no guess is counted for it. */
function refusedEndUser(denial: Denial, { app, attempt, failed }: Refused): Denial {
  // Of tokens that were right once an application brings many, and is not to be shut out for them.
  const isPast = 'because' in denial && PAST.has(denial.because ?? '');
  const counted = isPast ? denial : refusedCredential(denial, attempt, failed);
  const isNamed =
    counted.reason === 'credential-rejected' || counted.reason === 'credential-limited';
  const { keyId, tenant } = app;
  return isNamed && keyId !== null
    ? { ...counted, key: { keyId, tenant, isProven: true } }
    : counted;
}

const PAST: ReadonlySet<string> = new Set(['expired', 'suspended']);
