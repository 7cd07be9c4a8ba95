/**
 * A session begins: in one transaction with its record in the log, with the code that it used up, and
 * with the end of the session that the browser had before.
 */
import type { AccountRecord } from '#storage/people-records.ts';
import { err } from '#stdx/result.ts';

import { timeText } from '../views.ts';
import type { OpenCall } from './open-route.ts';
import { SESSION_PREFIX } from './people-views.ts';
import type { UsedCode } from './second-factor.ts';
import { endSessions, type MintedSession, replacedBy } from './sessions.ts';

export interface Opening {
  readonly call: Pick<OpenCall, 'requestId' | 'rawHeaders' | 'ports'>;
  readonly minted: MintedSession;
  /** Who, in the log. */
  readonly name: string;
  /** A session that ends for this one, beside those that the request shows. */
  readonly replaces?: string | null;
}

export interface Relied {
  readonly account: AccountRecord;
  readonly used: UsedCode | null;
}

/** False: the account has changed meanwhile, so of two that use one code the second is refused. */
export async function storeSession(
  { call, minted, name, replaces = null }: Opening,
  relied: Relied | null,
): Promise<boolean> {
  const { storage, clock, config } = call.ports;
  const { record } = minted;
  const ended = await replacedBy(record, call.rawHeaders, call.ports);
  const diff = { proof: record.proof, role: record.role, endsAt: timeText(record.endsMs) };
  const entry = {
    id: call.requestId,
    at: clock.nowMs(),
    actor: name,
    action: 'session.open',
    resource: `session/${SESSION_PREFIX}${record.id}`,
    tenant: record.tenant,
    diff,
  };
  const stored = await storage.change(entry, async (tx) => {
    await endSessions(replaces === null ? ended : [...ended, replaces], tx);
    // A password that was reset, or an account that was disabled, since it was read opens nothing.
    const current = relied === null ? null : await tx.accounts.find(relied.account.id);
    if (relied !== null && current?.version !== relied.account.version) {
      return err({ reason: 'stale-version' });
    }
    if (relied !== null && relied.used !== null) {
      const used = await tx.accounts.update({ ...relied.account, totp: relied.used.totp });
      if (!used.ok) return used;
    }
    return await tx.sessions.insert(record);
  });
  if (stored.ok) await storage.people.forget(clock.nowMs(), config().admin.sessions.idle.ms);
  return stored.ok;
}
