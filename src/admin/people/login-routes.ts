/**
 * Signing in with a password: one answer for every way in which it fails, and one price. What was
 * wrong is in the audit log.
 */
import { z } from 'zod';

import type { AccountRecord } from '#storage/people-records.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { isActive } from '../authenticate.ts';
import type { SignInView } from '../contract.ts';
import { userField } from '../fields.ts';
import { type Problem, problem } from '../problem.ts';
import {
  accountActor,
  accountIdOf,
  confirmedTotp,
  groundsOf,
  isIncomplete,
} from './account-state.ts';
import { DEVICE_COOKIE, readCookie } from './cookies.ts';
import { deviceCookie, knownDevice } from './device-cookie.ts';
import type { Attempt } from './login-throttle.ts';
import { defineOpenRoute, type OpenCall, type OpenRefusal, type OpenRoute } from './open-route.ts';
import { meView, showMe } from './people-views.ts';
import { type UsedCode, useCode } from './second-factor.ts';
import { csrfTokenOf } from './session-token.ts';
import { mintSession, type NewSession } from './sessions.ts';
import { storeSession } from './store-session.ts';

const path = '/admin/v1/login';

const signInView = z.strictObject({
  password: z.boolean(),
  oidc: z.strictObject({ name: z.string() }).nullable(),
}) satisfies z.ZodType<SignInView>;

const methods = defineOpenRoute(
  {
    method: 'GET',
    path,
    summary: 'How people can sign in here.',
    audit: null,
    from: 'page',
    takes: 'nothing',
    body: null,
    status: 200,
    response: signInView,
  },
  async ({ ports }) => {
    const { issuer } = ports.people;
    const { enabled } = ports.config().admin.accounts;
    return ok({
      body: { password: enabled, oidc: issuer === null ? null : { name: issuer.name } },
    });
  },
);

const credentials = z.strictObject({
  login: userField,
  password: z.string().min(1).max(1_024),
  code: z.string().max(64).optional(),
});
type Credentials = z.output<typeof credentials>;
type LoginCall = OpenCall<Credentials>;

const refuse = (told: Problem, reason: string, account: AccountRecord | null = null) =>
  err<OpenRefusal>({
    told,
    reason,
    actor: account === null ? null : accountActor(account.id),
    tenant: account?.tenant ?? null,
  });

const login = defineOpenRoute(
  {
    method: 'POST',
    path,
    summary: 'Opens a session with a password, and a code where one is set up.',
    audit: 'session.open',
    from: 'page',
    takes: 'json',
    body: credentials,
    status: 200,
    response: meView,
  },
  async (call) => {
    const { people, peppers, storage } = call.ports;
    const id = accountIdOf(call.body.login);
    const device = knownDevice(readCookie(call.rawHeaders, DEVICE_COOKIE), id, peppers);
    const attempt = { account: id, ip: call.ip, device };
    const retryMs = people.throttle.take(attempt);
    if (retryMs !== null) {
      return refuse({ ...problem('too-many-attempts'), retryMs }, 'login-throttled');
    }
    const account = await storage.accounts.find(id);
    const lane = device === null ? 'stranger' : 'known';
    const phc = account?.password.phc ?? null;
    const isRight = await people.passwords.verify(call.body.password, phc, lane);
    if (isRight === null) {
      people.throttle.forgive(attempt);
      return refuse(problem('busy'), 'login-busy');
    }
    if (account === null) return refuse(problem('sign-in-refused'), 'account-unknown');
    if (!isRight) return refuse(problem('sign-in-refused'), 'password-wrong', account);
    return await signedIn(call, account, attempt);
  },
);

/** The password was right: all else, in the order in which it costs. */
async function signedIn(call: LoginCall, account: AccountRecord, attempt: Attempt) {
  const { ports } = call;
  const flaw = await flawOf(account, call);
  if (flaw !== null) return refuse(problem('sign-in-refused'), flaw, account);
  const factor = factorOf(account, call);
  if (!factor.ok) return refuse(problem('sign-in-refused'), factor.error, account);
  const minted = mintSession(sessionOf(account, factor.value), ports);
  const stored = await storeSession(
    { call, minted, name: accountActor(account.id) },
    { account, used: factor.value },
  );
  if (!stored) return refuse(problem('sign-in-refused'), 'code-used', account);
  ports.people.throttle.forgive(attempt);
  const { admin } = ports.config();
  const isRestricted = isIncomplete(account, { admin });
  const person = { session: minted.record, csrf: csrfTokenOf(minted.token), isRestricted };
  const cookies = [minted.cookie, deviceCookie(account.id, ports.peppers)];
  return ok({ body: showMe(person, account, admin.sessions.idle.ms), cookies });
}

const sessionOf = (account: AccountRecord, used: UsedCode | null): NewSession => ({
  owner: `account/${account.id}`,
  account: account.id,
  login: account.login,
  role: account.role,
  tenant: account.tenant,
  proof: used === null ? 'password' : used.proof,
  sidHash: null,
  settings: groundsOf(account),
});

async function flawOf(account: AccountRecord, { ports }: LoginCall): Promise<string | null> {
  if (!ports.config().admin.accounts.enabled) return 'accounts-off';
  if (account.status !== 'active') return 'account-disabled';
  const { temporaryUntilMs } = account.password;
  const isOver = temporaryUntilMs !== null && temporaryUntilMs <= ports.clock.nowMs();
  if (isOver) return 'password-expired';
  const { tenant } = account;
  return tenant === null || (await isActive(tenant, ports)) ? null : 'tenant-suspended';
}

function factorOf(
  account: AccountRecord,
  { body, ports }: LoginCall,
): Result<UsedCode | null, 'code-missing' | 'code-wrong'> {
  const totp = confirmedTotp(account);
  if (totp === null) return ok(null);
  if (body.code === undefined || body.code.trim() === '') return err('code-missing');
  const { peppers, clock } = ports;
  const used = useCode(account, totp, body.code, { peppers, nowMs: clock.nowMs() });
  return used === null ? err('code-wrong') : ok(used);
}

export const loginRoutes: readonly OpenRoute[] = [methods, login];
