/**
 * The first administrator: the one-time token makes one account, and is burnt in the same
 * transaction. There is no default name and no default password to leave as they are.
 */
import { z } from 'zod';

import { err, ok } from '#stdx/result.ts';

import { change } from '../change.ts';
import { titleField, userField } from '../fields.ts';
import { problem } from '../problem.ts';
import { defineRoute } from '../route.ts';
import { chosenHash, newAccount } from './account-service.ts';
import { ACCOUNT_PREFIX, accountView, showAccount } from './people-views.ts';

export const firstAccountRoute = defineRoute(
  {
    method: 'POST',
    path: '/admin/v1/accounts/first',
    summary: 'Exchanges the one-time token for the account of a platform administrator.',
    permission: 'session.create',
    scope: 'platform',
    audit: 'account.first',
    body: z.strictObject({
      login: userField,
      name: titleField.optional(),
      password: z.string().min(1).max(1_024),
    }),
    query: null,
    ifMatch: false,
    status: 201,
    response: accountView,
  },
  async (call) => {
    const { login, name = null, password } = call.body;
    const { clock, onOneTimeUsed } = call.ports;
    const phc = await chosenHash(password, [login, name ?? ''], call.ports);
    if (!phc.ok) return phc;
    const nowMs = clock.nowMs();
    const hashed = { phc: phc.value, setMs: nowMs, temporaryUntilMs: null };
    const role = 'platform-admin';
    const record = newAccount({ login, name, role, tenant: null, password: hashed }, nowMs);
    const id = ACCOUNT_PREFIX + record.id;
    const changed = { resource: `account/${id}`, tenant: null, diff: { role } };
    const made = await change(call, changed, async (tx) => {
      // Read again inside the transaction: of two exchanges at once, the second finds it burnt.
      const token = await tx.adminTokens.find(call.actor.tokenId);
      if (token === null || token.usedMs !== null || token.revokedMs !== null) {
        return err(problem('unauthenticated'));
      }
      const burnt = await tx.adminTokens.update({ ...token, usedMs: nowMs });
      return burnt.ok ? await tx.accounts.insert(record) : err(problem('unauthenticated'));
    });
    if (!made.ok) return made;
    onOneTimeUsed();
    return ok({ body: showAccount(record), version: 1, location: `/admin/v1/accounts/${id}` });
  },
);
