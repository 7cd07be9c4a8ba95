/**
 * Sessions of people: opened with a fresh id whatever the browser brought (session fixation), proven
 * anew from the store with every request. A session of an account that was disabled, of a tenant that
 * is suspended, or of settings that changed is over at the next request, not at its end.
 */
import type { IncomingMessage } from 'node:http';

import type { SessionRecord } from '#storage/people-records.ts';
import { SESSIONS_PER_OWNER_MAX, type StorageWrites } from '#storage/storage.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import type { Actor, Person } from '../permissions.ts';
import type { AdminPorts } from '../route.ts';
import { accountActor, groundsOf, isIncomplete } from './account-state.ts';
import { cookieText, readCookie, SESSION_COOKIE } from './cookies.ts';
import {
  csrfTokenOf,
  isCsrfTokenOf,
  isSessionToken,
  newSessionToken,
  sessionIdOf,
} from './session-token.ts';
import { isFromOwnPage, isSafe } from './same-origin.ts';

/** Noted as used no more often than this, or a dashboard that polls would write all the time. */
const SAW_EVERY_MS = 30_000;

export type SessionFlaw =
  | 'session-unknown'
  | 'session-over'
  | 'session-idle'
  | 'account-disabled'
  | 'cross-site'
  | 'csrf';

type Ports = Pick<AdminPorts, 'storage' | 'clock' | 'config' | 'people'>;

export type NewSession = Omit<SessionRecord, 'id' | 'createdMs' | 'seenMs' | 'endsMs' | 'version'>;

export interface MintedSession {
  readonly token: string;
  readonly record: SessionRecord;
  readonly cookie: string;
}

export function mintSession(wanted: NewSession, { clock, config }: Ports): MintedSession {
  const token = newSessionToken();
  const nowMs = clock.nowMs();
  const lifeMs = config().admin.sessions.absolute.ms;
  const times = { createdMs: nowMs, seenMs: nowMs, endsMs: nowMs + lifeMs };
  const record = { ...wanted, ...times, id: sessionIdOf(token), version: 1 };
  const life = { seconds: Math.floor(lifeMs / 1_000), sameSite: 'Strict' } as const;
  return { token, record, cookie: cookieText(SESSION_COOKIE, token, life) };
}

/** The sessions that end for a new one: what this browser had, and the oldest beyond the bound. */
export async function replacedBy(
  record: SessionRecord,
  rawHeaders: readonly string[],
  { storage }: Pick<Ports, 'storage'>,
): Promise<readonly string[]> {
  const held = readCookie(rawHeaders, SESSION_COOKIE);
  const own = held === null || !isSessionToken(held) ? [] : [sessionIdOf(held)];
  const others = await storage.people.sessionsOf(record.owner);
  return [...own, ...others.slice(SESSIONS_PER_OWNER_MAX - 1).map(({ id }) => id)];
}

export async function endSessions(ids: Iterable<string>, tx: Pick<StorageWrites, 'sessions'>) {
  for (const id of ids) {
    const record = await tx.sessions.find(id);
    if (record !== null) await tx.sessions.remove(id, record.version);
  }
}

interface Refused {
  readonly reason: SessionFlaw;
  readonly actor: Actor | null;
}

/** Who a request with a session cookie is of. The cookie alone changes nothing: see `flawOfWrite`. */
export async function provenSession(
  request: Pick<IncomingMessage, 'method' | 'headers'>,
  cookie: string,
  ports: Ports,
): Promise<Result<Actor, Refused>> {
  const record = isSessionToken(cookie)
    ? await ports.storage.sessions.find(sessionIdOf(cookie))
    : null;
  if (record === null) return err({ reason: 'session-unknown', actor: null });
  const { clock, storage } = ports;
  const nowMs = clock.nowMs();
  const account = record.account === null ? null : await storage.accounts.find(record.account);
  const name =
    record.account === null ? record.owner.replace('/', ':') : accountActor(record.account);
  const isRestricted = account !== null && isIncomplete(account, ports.config());
  const person: Person = { name, session: record, csrf: csrfTokenOf(cookie), isRestricted };
  const { role, tenant } = account ?? record;
  const actor: Actor = { tokenId: '', party: name, role, tenant, isOneTime: false, person };
  const { idle } = ports.config().admin.sessions;
  const flaw = (): SessionFlaw | null => {
    if (record.endsMs <= nowMs) return 'session-over';
    if (record.seenMs + idle.ms <= nowMs) return 'session-idle';
    if (record.account === null) {
      return record.settings === ports.people.issuer?.settings ? null : 'session-over';
    }
    if (account?.status !== 'active' || !isEnabled(ports)) return 'account-disabled';
    const isGrounded = record.settings === null || record.settings === groundsOf(account);
    return isGrounded ? null : 'session-over';
  };
  const reason = flaw() ?? flawOfWrite(request, cookie);
  if (reason !== null) return err({ reason, actor });
  if (!isByItself(request) && nowMs - record.seenMs >= Math.min(SAW_EVERY_MS, idle.ms / 4)) {
    await storage.people.saw(record.id, nowMs);
  }
  return ok(actor);
}

/** A page that reads again by itself says so: nobody sits there, and the session grows idle. */
const isByItself = ({ headers }: Pick<IncomingMessage, 'headers'>): boolean =>
  headers['x-llmproxy-background'] !== undefined;

const isEnabled = ({ config }: Ports): boolean => config().admin.accounts.enabled;

/** A browser sends the cookie for every page that asks: what changes something must show more. */
function flawOfWrite(
  request: Pick<IncomingMessage, 'method' | 'headers'>,
  cookie: string,
): SessionFlaw | null {
  if (isSafe(request.method)) return null;
  if (!isFromOwnPage(request)) return 'cross-site';
  const offered = request.headers['x-csrf-token'];
  const isRight = isCsrfTokenOf(cookie, typeof offered === 'string' ? offered : undefined);
  return isRight ? null : 'csrf';
}
