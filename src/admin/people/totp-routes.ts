/**
 * `/admin/v1/me/totp`: one's own second factor. It is asked for once a code has shown that the
 * secret arrived; the secret and the recovery codes are in one answer each and never again.
 */
import { z } from 'zod';

import type { AccountRecord } from '#storage/people-records.ts';
import { err, ok } from '#stdx/result.ts';

import { change, type Changed } from '../change.ts';
import { problem } from '../problem.ts';
import { type AdminCall, type AdminRoute, defineRoute } from '../route.ts';
import { confirmedTotp, groundsOf } from './account-state.ts';
import { ownAccount, personOf, provenAgain } from './me-service.ts';
import { ACCOUNT_PREFIX } from './people-views.ts';
import { newRecoveryCodes, recoveryMac, sealTotp, useCode } from './second-factor.ts';
import { endSessions } from './sessions.ts';
import { newTotpSecret, totpUri } from './totp.ts';

const path = '/admin/v1/me/totp';
const write = {
  method: 'POST',
  query: null,
  ifMatch: false,
  scope: 'own',
  permission: 'me.write',
} as const;

const password = z.string().min(1).max(1_024);
const code = z.string().min(1).max(64);

const enrol = defineRoute(
  {
    ...write,
    path,
    summary: 'A secret for an authenticator. It is asked for after it was confirmed.',
    audit: 'account.totp-begin',
    body: z.strictObject({ password }),
    status: 200,
    response: z.strictObject({
      secret: z.string().meta({ description: 'Base 32. It is shown here and never again.' }),
      uri: z.string().meta({ description: 'The same, for a QR code.' }),
    }),
  },
  async (call) => {
    const proven = await provenAgain(call, call.body, false);
    if (!proven.ok) return proven;
    const account = proven.value;
    if (confirmedTotp(account) !== null) return err(problem('second-factor-set'));
    const secret = newTotpSecret();
    const sealed = sealTotp(secret, account, call.ports.peppers);
    const totp = { sealed, confirmedMs: null, lastStep: 0, recoveryMacs: [] };
    const resource = `account/${ACCOUNT_PREFIX}${account.id}`;
    const changed = { resource, tenant: account.tenant, diff: { secondFactor: 'begun' } };
    const begun = await change(call, changed, (tx) => tx.accounts.update({ ...account, totp }));
    return begun.ok ? ok({ body: { secret, uri: totpUri(secret, account.login) } }) : begun;
  },
);

/** Sessions that never showed this second factor end with it: all but the one that acts. */
async function enactFactor(next: AccountRecord, call: AdminCall, changed: Changed) {
  const { session } = personOf(call);
  const open = await call.ports.storage.people.sessionsOf(session.owner);
  const others = open.filter(({ id }) => id !== session.id).map(({ id }) => id);
  return await change<AccountRecord>(call, changed, async (tx) => {
    await endSessions(others, tx);
    const own = await tx.sessions.find(session.id);
    if (own !== null) await tx.sessions.update({ ...own, settings: groundsOf(next) });
    return await tx.accounts.update(next);
  });
}

const confirm = defineRoute(
  {
    ...write,
    path: `${path}/confirm`,
    summary: 'Shows that the secret arrived: recovery codes, once. Ends your other sessions.',
    audit: 'account.totp-confirm',
    body: z.strictObject({ code }),
    status: 200,
    response: z.strictObject({
      recoveryCodes: z
        .array(z.string())
        .meta({ description: 'Each works once, in place of a code. They are shown here only.' }),
    }),
  },
  async (call) => {
    const account = await ownAccount(call);
    if (account === null) return err(problem('no-account'));
    if (account.totp === null) return err(problem('not-found'));
    if (account.totp.confirmedMs !== null) return err(problem('second-factor-set'));
    const { peppers, clock } = call.ports;
    const nowMs = clock.nowMs();
    const used = useCode(account, account.totp, call.body.code, { peppers, nowMs });
    if (used === null) return err(problem('password-wrong', 'code'));
    const codes = newRecoveryCodes();
    const recoveryMacs = codes.map((one) => recoveryMac(one, account, peppers));
    const totp = { ...used.totp, confirmedMs: nowMs, recoveryMacs };
    const resource = `account/${ACCOUNT_PREFIX}${account.id}`;
    const changed = { resource, tenant: account.tenant, diff: { secondFactor: 'set' } };
    const set = await enactFactor({ ...account, totp }, call, changed);
    return set.ok ? ok({ body: { recoveryCodes: [...codes] } }) : set;
  },
);

const remove = defineRoute(
  {
    ...write,
    path: `${path}/remove`,
    summary:
      'Removes your second factor and ends your other sessions. Needs the password and a code.',
    audit: 'account.totp-remove',
    body: z.strictObject({ password, code: code.optional() }),
    status: 204,
    response: null,
  },
  async (call) => {
    const proven = await provenAgain(call, call.body, true);
    if (!proven.ok) return proven;
    const account = proven.value;
    const resource = `account/${ACCOUNT_PREFIX}${account.id}`;
    const changed = { resource, tenant: account.tenant, diff: { secondFactor: 'removed' } };
    const next = { ...account, totp: null };
    const removed = await enactFactor(next, call, changed);
    return removed.ok ? ok({ body: null }) : removed;
  },
);

export const totpRoutes: readonly AdminRoute[] = [enrol, confirm, remove];
