/**
 * Who administers: an admin token in `Authorization: Bearer`, or a session in a cookie, and every
 * route takes both because this is the one place that looks. Whatever is wrong with them, the answer
 * is the same. The one-time token works from this machine alone.
 */
import type { IncomingMessage } from 'node:http';

import { readCredential } from '#policy/authenticators/credential.ts';
import type { AdminTokenRecord } from '#storage/records.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { provenToken, tokenFlaw } from './admin-token.ts';
import { actorName } from './change.ts';
import { declaredTenant } from './declared.ts';
import { readCookie, SESSION_COOKIE } from './people/cookies.ts';
import { provenSession, type SessionFlaw } from './people/sessions.ts';
import type { Actor } from './permissions.ts';
import type { AdminPorts } from './route.ts';

/** What we know; outside it is one 401. */
export interface AuthRefusal {
  readonly reason:
    | 'credential-missing'
    | 'credential-ambiguous'
    | 'credential-rejected'
    | 'token-revoked'
    | 'token-used'
    | 'token-expired'
    | 'token-remote'
    | 'tenant-suspended'
    | SessionFlaw;
  /** Whose token it is, where its secret was right. */
  readonly actor: Actor | null;
}

const refuse = (reason: AuthRefusal['reason'], record?: AdminTokenRecord) =>
  err<AuthRefusal>({ reason, actor: record === undefined ? null : actorOf(record) });

const actorOf = ({ id, role, tenant, isOneTime, madeBy }: AdminTokenRecord): Actor => ({
  tokenId: id,
  party: madeBy ?? `admin:${id}`,
  role,
  tenant,
  isOneTime,
  person: null,
});

type Ports = Pick<AdminPorts, 'storage' | 'peppers' | 'clock' | 'config' | 'people'>;

export async function authenticateAdmin(
  request: IncomingMessage,
  ports: Ports,
): Promise<Result<Actor, AuthRefusal>> {
  const credential = readCredential(request.rawHeaders);
  const cookie = readCookie(request.rawHeaders, SESSION_COOKIE);
  if (cookie !== null) {
    const isAlone = !credential.ok && credential.error.reason === 'credential-missing';
    return isAlone ? await personOf(request, cookie, ports) : refuse('credential-ambiguous');
  }
  if (!credential.ok) {
    const { reason } = credential.error;
    if (reason === 'credential-missing' || reason === 'credential-ambiguous') return refuse(reason);
    return refuse('credential-rejected');
  }
  if (credential.value.carrier !== 'authorization') return refuse('credential-rejected');
  const { storage, peppers, clock } = ports;
  const record = await provenToken(credential.value.token, storage.adminTokens, peppers);
  if (record === null) return refuse('credential-rejected');
  const flaw = tokenFlaw(record, clock.nowMs());
  if (flaw !== null) return refuse(flaw, record);
  if (record.isOneTime && !isFromThisMachine(request)) return refuse('token-remote', record);
  if (record.tenant !== null && !(await isActive(record.tenant, ports))) {
    return refuse('tenant-suspended', record);
  }
  return ok(actorOf(record));
}

/**
 * The same actor, proven anew, or null. What was proven before a body was waited for is of then: who
 * was shut out meanwhile, or has another role, tenant or state of signing in, acts no more.
 */
export async function stillProven(
  actor: Actor,
  request: IncomingMessage,
  ports: Ports,
): Promise<Actor | null> {
  const proven = await authenticateAdmin(request, ports);
  if (!proven.ok) return null;
  const { role, tenant, person } = proven.value;
  const isSame =
    actorName(proven.value) === actorName(actor) &&
    role === actor.role &&
    tenant === actor.tenant &&
    person?.isRestricted === actor.person?.isRestricted;
  return isSame ? proven.value : null;
}

async function personOf(
  request: IncomingMessage,
  cookie: string,
  ports: Ports,
): Promise<Result<Actor, AuthRefusal>> {
  const proven = await provenSession(request, cookie, ports);
  if (!proven.ok) return proven;
  const { tenant } = proven.value;
  if (tenant === null || (await isActive(tenant, ports))) return proven;
  return err({ reason: 'tenant-suspended', actor: proven.value });
}

const LOOPBACK = /^(?:::1|(?:::ffff:)?127\.\d{1,3}\.\d{1,3}\.\d{1,3})$/u;
const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** A proxy on this machine makes every peer look local, so whatever was forwarded is remote. */
function isFromThisMachine({ socket, headers }: IncomingMessage): boolean {
  if (!LOOPBACK.test(socket.remoteAddress ?? '')) return false;
  return FORWARDED.every((name) => headers[name] === undefined);
}

export async function isActive(
  tenant: string,
  { storage, config }: Pick<Ports, 'storage' | 'config'>,
): Promise<boolean> {
  const record = await storage.tenants.find(tenant);
  if (record !== null) return record.status === 'active';
  return declaredTenant(config(), tenant) !== undefined;
}
