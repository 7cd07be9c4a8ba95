/**
 * The first way in. A store without a usable platform-admin token gets a one-time token at start,
 * and the operator finds it in the data folder (0600) and on the terminal. There is no time at
 * which the admin API is open, and no password that everybody knows.
 *
 * Gateways that share a store share the token: the one that made it shows it, and the others leave it be.
 * A start that ended it for another would take the door away from whoever was just told of it.
 *
 * Where everybody is locked out, an empty `admin-token` in the data folder asks for a new one: who can
 * write there has the store and its peppers anyway.
 */
import fs from 'node:fs';
import { join } from 'node:path';

import type { Peppers } from '#config/peppers.ts';
import { Fault } from '#domain/fault.ts';
import type { AdminTokenRecord } from '#storage/records.ts';
import type { AlreadyExists, StaleVersion, Storage } from '#storage/storage.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import { ok } from '#stdx/result.ts';

import { mintAdminToken, parseAdminToken, provenToken, tokenFlaw } from './admin-token.ts';

const PAGE = 1_000;
/** Beyond this many tokens one of them is surely usable, and reading on helps nobody. */
const PAGES_MAX = 100;

const fileOf = (dataDir: string): string => join(dataDir, 'admin-token');

export interface BootstrapPlace {
  readonly dataDir: string;
  /** Other gateways have the same store. */
  readonly isShared: boolean;
}

/** The one-time token to show at start; null when somebody has a way in already. */
export async function bootstrapToken(
  storage: Storage,
  peppers: Peppers,
  clock: Clock,
  { dataDir, isShared }: BootstrapPlace,
): Promise<string | null> {
  const nowMs = clock.nowMs();
  const usable = await usablePlatformTokens(storage, nowMs);
  const isManaged =
    usable.some(({ isOneTime }) => !isOneTime) || (await hasPlatformAccount(storage));
  if (isManaged && !isAskedFor(dataDir)) return null;
  const kept = await keptToken(storage, peppers, dataDir);
  if (kept !== null && usable.some(({ id }) => id === kept.id)) return kept.token;
  if (isShared && usable.length > 0 && !isAskedFor(dataDir)) return null;

  // Unused tokens whose text is lost: nobody can use them, so they end here. Others are programs of somebody,
  // which go on while people find their way in again.
  const lost = usable.filter(({ isOneTime }) => isOneTime);
  const { token, record } = mintAdminToken(
    { role: 'platform-admin', tenant: null, isOneTime: true, expiresMs: null },
    peppers,
    nowMs,
  );
  const entry = {
    id: `boot_${randomBase62(20)}`,
    at: nowMs,
    actor: 'system',
    action: 'admin-token.bootstrap',
    resource: `admin-token/adm_${record.id}`,
    tenant: null,
    diff: { role: record.role, isOneTime: true, replaces: lost.map(({ id }) => `adm_${id}`) },
  };
  const changed = await storage.change<null, StaleVersion | AlreadyExists>(entry, async (tx) => {
    for (const one of lost) {
      const ended = await tx.adminTokens.update({ ...one, revokedMs: nowMs });
      if (!ended.ok) return ended;
    }
    const inserted = await tx.adminTokens.insert(record);
    return inserted.ok ? ok(null) : inserted;
  });
  if (!changed.ok) throw new Fault('storage-failed', 'another process changed the admin tokens');
  // After the commit: a crash in between leaves a token without a text, which the next start ends.
  writePrivate(fileOf(dataDir), `${token}\n`);
  return token;
}

/** A person can administer the platform already: a token lying about would be a second door. */
async function hasPlatformAccount(storage: Storage): Promise<boolean> {
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await storage.accounts.list({ after, limit: PAGE });
    const isOne = items.some(
      ({ role, tenant, status }) =>
        role === 'platform-admin' && tenant === null && status === 'active',
    );
    if (isOne) return true;
    if (next === null) return false;
    after = next;
  }
  return false;
}

function isAskedFor(dataDir: string): boolean {
  try {
    return fs.readFileSync(fileOf(dataDir), 'utf8').trim() === '';
  } catch {
    // No file: nobody asks.
    return false;
  }
}

/** The one-time token is burnt: its text must not lie around. */
export function forgetBootstrapToken(dataDir: string): void {
  fs.rmSync(fileOf(dataDir), { force: true });
}

async function usablePlatformTokens(
  storage: Storage,
  nowMs: number,
): Promise<readonly AdminTokenRecord[]> {
  const usable: AdminTokenRecord[] = [];
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await storage.adminTokens.list({ after, limit: PAGE });
    for (const record of items) {
      const isPlatform = record.role === 'platform-admin' && record.tenant === null;
      if (isPlatform && tokenFlaw(record, nowMs) === null) usable.push(record);
    }
    if (next === null) break;
    after = next;
  }
  return usable;
}

async function keptToken(
  storage: Storage,
  peppers: Peppers,
  dataDir: string,
): Promise<{ readonly id: string; readonly token: string } | null> {
  let token: string;
  try {
    token = fs.readFileSync(fileOf(dataDir), 'utf8').trim();
  } catch {
    // No file, or one that cannot be read: a new token replaces it.
    return null;
  }
  if (parseAdminToken(token) === null) return null;
  const record = await provenToken(token, storage.adminTokens, peppers);
  return record === null ? null : { id: record.id, token };
}

/** Private from its first byte, and whole or not there: a new file takes the name. */
function writePrivate(path: string, text: string): void {
  const fresh = `${path}.${randomBase62(8)}`;
  fs.writeFileSync(fresh, text, { mode: 0o600, flag: 'wx' });
  fs.renameSync(fresh, path);
}
