/**
 * Signing in with a provider, and its word that somebody signed out. The page asks where to go, the
 * provider sends the browser back, and both ends are the same browser or nothing happens.
 */
import { z } from 'zod';

import type { SessionRecord } from '#storage/people-records.ts';
import { err, ok } from '#stdx/result.ts';

import { isActive } from '../authenticate.ts';
import { problem } from '../problem.ts';
import { cookieText, endedCookie, LOGIN_COOKIE, readCookie, SESSION_COOKIE } from './cookies.ts';
import { CALLBACK, LOGIN_SECONDS } from './oidc-issuer.ts';
import { defineOpenRoute, type OpenCall, type OpenRefusal, type OpenRoute } from './open-route.ts';
import type { IssuedPerson, LogoutTarget } from './people-issuer.ts';
import { isSessionToken, sessionIdOf } from './session-token.ts';
import { endSessions, mintSession } from './sessions.ts';
import { storeSession } from './store-session.ts';

const actorOf = (owner: string): string => owner.replace('/', ':');

const refuse = (told: OpenRefusal['told'], reason: string) =>
  err<OpenRefusal>({ told, reason, actor: null, tenant: null });

const begin = defineOpenRoute(
  {
    method: 'POST',
    path: '/admin/v1/login/oidc',
    summary: 'Where to go to sign in with the identity provider.',
    audit: null,
    from: 'page',
    takes: 'json',
    body: z.strictObject({}),
    status: 200,
    response: z.strictObject({ url: z.string() }),
  },
  async ({ ports, rawHeaders }) => {
    const { issuer } = ports.people;
    if (issuer === null) return refuse(problem('not-found'), 'oidc-off');
    const held = readCookie(rawHeaders, SESSION_COOKIE);
    const replaces = held === null || !isSessionToken(held) ? null : sessionIdOf(held);
    const started = await issuer.begin(replaces);
    if (!started.ok) return refuse(problem('unavailable'), started.error);
    // Lax: it comes back with a redirect of the provider, which is another site.
    const life = { seconds: LOGIN_SECONDS, sameSite: 'Lax' } as const;
    const cookie = cookieText(LOGIN_COOKIE, started.value.sealed, life);
    return ok({ body: { url: started.value.url }, cookies: [cookie] });
  },
);

/** To the dashboard, which says in words what happened. Never to an address that a request names. */
const refusePage = (reason: string, person: IssuedPerson | null = null) =>
  err<OpenRefusal>({
    told: problem('sign-in-refused'),
    reason,
    actor: person === null ? null : actorOf(person.owner),
    tenant: person?.tenant ?? null,
    location: `/?sign-in=${reason}`,
    cookies: [endedCookie(LOGIN_COOKIE)],
  });

const callback = defineOpenRoute(
  {
    method: 'GET',
    path: CALLBACK,
    summary: 'Where the identity provider sends the browser back to.',
    audit: 'session.open',
    from: 'anywhere',
    takes: 'nothing',
    body: null,
    status: 303,
    response: null,
  },
  async (call) => {
    const { issuer } = call.ports.people;
    if (issuer === null) return refuse(problem('not-found'), 'oidc-off');
    const sealed = readCookie(call.rawHeaders, LOGIN_COOKIE);
    if (sealed === null) return refusePage('oidc-state');
    const finished = await issuer.finish(call.query, sealed);
    if (!finished.ok) return refusePage(finished.error);
    const person = finished.value;
    const { tenant } = person;
    const isOpen = tenant === null || (await isActive(tenant, call.ports));
    if (!isOpen) return refusePage('tenant-suspended', person);
    const { replaces, ...kept } = person;
    const wanted = { ...kept, account: null, proof: 'oidc', settings: issuer.settings } as const;
    const minted = mintSession(wanted, call.ports);
    await storeSession({ call, minted, name: actorOf(person.owner), replaces }, null);
    return ok({ location: '/', cookies: [minted.cookie, endedCookie(LOGIN_COOKIE)] });
  },
);

const backChannel = defineOpenRoute(
  {
    method: 'POST',
    path: '/admin/v1/logout/oidc',
    summary: 'Back-channel logout: the identity provider says that somebody signed out.',
    audit: 'session.end',
    from: 'anywhere',
    takes: 'form',
    // What a provider sends beside it is left alone (RFC 6749 section 3.2).
    body: z.object({ logout_token: z.string().min(1).max(8_192) }),
    status: 200,
    response: null,
  },
  async (call) => {
    const { issuer } = call.ports.people;
    if (issuer === null) return refuse(problem('not-found'), 'oidc-off');
    const read = await issuer.logout(call.body.logout_token);
    if (!read.ok) return refuse(problem('request-malformed', 'logout_token'), 'logout-token');
    const ended = await sessionsOf(read.value, call);
    if (ended.length === 0) {
      read.value.spend();
      return ok({});
    }
    const [first] = ended;
    const entry = {
      id: call.requestId,
      at: call.ports.clock.nowMs(),
      actor: 'oidc',
      action: 'session.end',
      resource: `sessions/${first?.owner ?? ''}`,
      tenant: first?.tenant ?? null,
      diff: { ended: ended.length, by: 'back-channel' },
    };
    await call.ports.storage.change(entry, async (tx) => {
      await endSessions(
        ended.map(({ id }) => id),
        tx,
      );
      return ok(null);
    });
    // Not before: a store that is away keeps no provider from saying it again.
    read.value.spend();
    return ok({});
  },
);

/** A `sid` names one session of the provider's; without one, all of the person's end. */
async function sessionsOf(
  { owner, sidHash }: LogoutTarget,
  { ports }: Pick<OpenCall, 'ports'>,
): Promise<readonly SessionRecord[]> {
  const { people } = ports.storage;
  if (sidHash !== null) {
    const found = await people.sessionsOfSid(sidHash);
    return owner === null ? found : found.filter((session) => session.owner === owner);
  }
  return owner === null ? [] : await people.sessionsOf(owner);
}

export const oidcRoutes: readonly OpenRoute[] = [begin, callback, backChannel];
