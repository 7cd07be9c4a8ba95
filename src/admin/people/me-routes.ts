/** `/admin/v1/me`: one's own session and password. Only people have one; a token is nobody's. */
import { z } from 'zod';

import { err, ok } from '#stdx/result.ts';

import { change } from '../change.ts';
import { pageOf } from '../page.ts';
import { problem } from '../problem.ts';
import { type AdminRoute, defineRoute } from '../route.ts';
import { innerId } from '../views.ts';
import { chosenHash } from './account-service.ts';
import { groundsOf, isIncomplete } from './account-state.ts';
import { endedCookie, SESSION_COOKIE } from './cookies.ts';
import { ownAccount, personOf, provenAgain } from './me-service.ts';
import {
  ACCOUNT_PREFIX,
  meView,
  SESSION_PREFIX,
  sessionView,
  showMe,
  showSession,
} from './people-views.ts';
import { csrfTokenOf } from './session-token.ts';
import { endSessions, mintSession } from './sessions.ts';

const path = '/admin/v1/me';
const read = { method: 'GET', audit: null, body: null, ifMatch: false, scope: 'own' } as const;
const write = { query: null, ifMatch: false, scope: 'own', permission: 'me.write' } as const;

const me = defineRoute(
  {
    ...read,
    path,
    summary: 'Your own session, and the token that its writes need.',
    permission: 'me.read',
    query: null,
    status: 200,
    response: meView,
  },
  async (call) => {
    const { idle } = call.ports.config().admin.sessions;
    return ok({ body: showMe(personOf(call), await ownAccount(call), idle.ms) });
  },
);

const sessions = defineRoute(
  {
    ...read,
    path: `${path}/sessions`,
    summary: 'Where you are signed in, the newest first.',
    permission: 'me.read',
    query: null,
    status: 200,
    response: pageOf(sessionView),
  },
  async (call) => {
    const { owner } = personOf(call).session;
    const open = await call.ports.storage.people.sessionsOf(owner);
    return ok({ body: { items: open.map(showSession), next: null } });
  },
);

const endOne = defineRoute(
  {
    ...write,
    method: 'DELETE',
    path: `${path}/sessions/{id}`,
    summary: 'Ends one of your sessions at once.',
    audit: 'session.end',
    body: null,
    status: 204,
    response: null,
  },
  async (call) => {
    const { owner } = personOf(call).session;
    const id = innerId(call.params.id, SESSION_PREFIX) ?? '';
    const record = await call.ports.storage.sessions.find(id);
    if (record === null || record.owner !== owner) return err(problem('not-found'));
    const resource = `session/${SESSION_PREFIX}${id}`;
    const changed = { resource, tenant: record.tenant, diff: null };
    const ended = await change(call, changed, async (tx) => {
      await endSessions([id], tx);
      return ok(null);
    });
    return ended.ok ? ok({ body: null }) : ended;
  },
);

const logout = defineRoute(
  {
    ...write,
    method: 'POST',
    path: `${path}/logout`,
    summary: 'Ends this session, and the cookie.',
    audit: 'session.end',
    body: null,
    status: 204,
    response: null,
  },
  async (call) => {
    const { id, tenant } = personOf(call).session;
    const changed = { resource: `session/${SESSION_PREFIX}${id}`, tenant, diff: null };
    const ended = await change(call, changed, async (tx) => {
      await endSessions([id], tx);
      return ok(null);
    });
    return ended.ok ? ok({ body: null, cookies: [endedCookie(SESSION_COOKIE)] }) : ended;
  },
);

const password = defineRoute(
  {
    ...write,
    method: 'POST',
    path: `${path}/password`,
    summary: 'A new password. Ends all your sessions and opens a new one here.',
    audit: 'account.password',
    body: z.strictObject({
      current: z.string().min(1).max(1_024),
      password: z.string().min(1).max(1_024),
    }),
    status: 200,
    response: meView,
  },
  async (call) => {
    const proven = await provenAgain(call, { password: call.body.current }, false);
    if (!proven.ok) return proven;
    const account = proven.value;
    const { clock, config, storage } = call.ports;
    const words = [account.login, account.name ?? '', call.body.current];
    const phc = await chosenHash(call.body.password, words, call.ports);
    if (!phc.ok) return phc;
    const hashed = { phc: phc.value, setMs: clock.nowMs(), temporaryUntilMs: null };
    const next = { ...account, password: hashed };
    const { session } = personOf(call);
    // What it is stays; its id, its times and what it rests on are new.
    const minted = mintSession({ ...session, settings: groundsOf(next) }, call.ports);
    const open = await storage.people.sessionsOf(session.owner);
    const resource = `account/${ACCOUNT_PREFIX}${account.id}`;
    const changed = { resource, tenant: account.tenant, diff: { password: 'changed' } };
    const updated = await change(call, changed, async (tx) => {
      await endSessions([session.id, ...open.map(({ id }) => id)], tx);
      const renewed = await tx.accounts.update(next);
      if (!renewed.ok) return renewed;
      const opened = await tx.sessions.insert(minted.record);
      return opened.ok ? renewed : opened;
    });
    if (!updated.ok) return updated;
    const { admin } = config();
    const isRestricted = isIncomplete(updated.value, { admin });
    const person = { session: minted.record, csrf: csrfTokenOf(minted.token), isRestricted };
    const body = showMe(person, updated.value, admin.sessions.idle.ms);
    return ok({ body, cookies: [minted.cookie] });
  },
);

export const meRoutes: readonly AdminRoute[] = [me, sessions, endOne, logout, password];
