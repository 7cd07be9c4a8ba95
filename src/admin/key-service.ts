/**
 * Keys: made, rotated, revoked. The command line and the admin API use the same functions, so that
 * there is one way to make a key. The text of a key is returned once and stored nowhere; every change
 * is one transaction with its outbox row.
 */
import type { Peppers } from '#config/peppers.ts';
import {
  type ApiKeyParts,
  formatApiKey,
  type KeyMode,
  macOf,
  newApiKey,
} from '#policy/authenticators/api-key-format.ts';
import type { KeyScope } from '#domain/key-scope.ts';
import type { ServiceAccount } from '#domain/principal.ts';
import type { KeyRecord, KeySecret } from '#storage/records.ts';
import type { OutboxEntry, Storage } from '#storage/storage.ts';
import { assert } from '#stdx/assert.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Clock } from '#stdx/clock.ts';
import type { JsonObject } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

export interface KeyPorts {
  readonly storage: Storage;
  readonly peppers: Peppers;
  readonly clock: Clock;
}

export interface NewKey {
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  readonly serviceAccount: ServiceAccount | null;
  readonly name: string | null;
  readonly roles: readonly string[];
  readonly mode: KeyMode;
  readonly parent: string | null;
  readonly scope: KeyScope | null;
  readonly isHoney: boolean;
  readonly expiresMs: number | null;
}

/** `key` is the one time that the text of the key is seen. */
export interface IssuedKey {
  readonly record: KeyRecord;
  readonly key: string;
}

export interface KeyProblem {
  readonly reason:
    | 'key-unknown'
    | 'key-revoked'
    | 'key-expired'
    | 'key-not-quarantined'
    | 'stale-version';
}

/** A fresh key of what is wanted. Pure but for its randomness: nothing is written. */
export function mintKey(wanted: NewKey, peppers: Peppers, nowMs: number): IssuedKey {
  const parts = newApiKey(wanted.mode);
  const record: KeyRecord = {
    ...wanted,
    run: null,
    id: parts.id,
    createdMs: nowMs,
    revokedMs: null,
    quarantinedMs: null,
    secrets: [keySecret(parts, peppers)],
    version: 1,
  };
  return { record, key: formatApiKey(parts) };
}

function keySecret(parts: ApiKeyParts, peppers: Peppers): KeySecret {
  const pepperVersion = peppers.newest;
  const macHex = macOf(peppers.of(pepperVersion), parts.id, parts.secret).toString('hex');
  // The end of the key as people see it, which is of its checksum: nothing of the secret is kept.
  return { macHex, pepperVersion, last4: formatApiKey(parts).slice(-4), notAfterMs: null };
}

export interface Overlap {
  readonly nowMs: number;
  /** How long the old secret still works. 0: not at all. */
  readonly overlapMs: number;
}

/** A second secret beside the newest; what was older ends now. Two at most are ever alive. */
export function rotatedKey(
  record: KeyRecord,
  peppers: Peppers,
  { nowMs, overlapMs }: Overlap,
): Result<IssuedKey, KeyProblem> {
  const flaw = flawOf(record, nowMs);
  if (flaw !== null) return err({ reason: flaw });
  const parts = newApiKey(record.mode, record.id);
  const newest = record.secrets.at(-1);
  assert(newest !== undefined, 'a key has a secret');
  const endMs = Math.min(nowMs + overlapMs, newest.notAfterMs ?? Infinity);
  const kept = overlapMs > 0 ? [{ ...newest, notAfterMs: endMs }] : [];
  const secrets = [...kept, keySecret(parts, peppers)];
  return ok({ record: { ...record, secrets }, key: formatApiKey(parts) });
}

/** Once and for all: a key that was revoked is never a key again. */
export const revokedKey = (record: KeyRecord, nowMs: number): Result<KeyRecord, KeyProblem> =>
  record.revokedMs === null ? ok({ ...record, revokedMs: nowMs }) : err({ reason: 'key-revoked' });

export const quarantinedKey = (record: KeyRecord, nowMs: number): Result<KeyRecord, KeyProblem> => {
  if (record.revokedMs !== null) return err({ reason: 'key-revoked' });
  return ok({ ...record, quarantinedMs: record.quarantinedMs ?? nowMs });
};

/** What the gateway has put aside works again. */
export const releasedKey = (record: KeyRecord): Result<KeyRecord, KeyProblem> =>
  record.quarantinedMs === null
    ? err({ reason: 'key-not-quarantined' })
    : ok({ ...record, quarantinedMs: null });

function flawOf({ revokedMs, expiresMs }: KeyRecord, nowMs: number): KeyProblem['reason'] | null {
  if (revokedMs !== null) return 'key-revoked';
  return expiresMs !== null && expiresMs <= nowMs ? 'key-expired' : null;
}

/** The id without the prefix that people see it with. */
export const plainKeyId = (id: string): string => (id.startsWith('key_') ? id.slice(4) : id);

export async function createKey(
  ports: KeyPorts,
  wanted: NewKey,
  actor: string,
): Promise<IssuedKey> {
  const { storage, peppers, clock } = ports;
  const issued = mintKey(wanted, peppers, clock.nowMs());
  const entry = entryOf(ports, actor, 'key.create', {
    record: issued.record,
    diff: { tenant: issued.record.tenant, ...shownKey(issued.record) },
  });
  const inserted = await storage.change(entry, (tx) => tx.keys.insert(issued.record));
  assert(inserted.ok, 'twelve random characters are a new id');
  return issued;
}

export async function rotateKey(
  ports: KeyPorts,
  id: string,
  overlapMs: number,
  actor: string,
): Promise<Result<IssuedKey, KeyProblem>> {
  const { storage, peppers, clock } = ports;
  const found = await storage.keys.find(plainKeyId(id));
  if (found === null) return err({ reason: 'key-unknown' });
  const entry = entryOf(ports, actor, 'key.rotate', { record: found, diff: { overlapMs } });
  return await storage.change(entry, async (tx): Promise<Result<IssuedKey, KeyProblem>> => {
    // Read again inside the transaction: a revocation in between must win.
    const record = await tx.keys.find(found.id);
    if (record === null) return err({ reason: 'key-unknown' });
    const rotated = rotatedKey(record, peppers, { nowMs: clock.nowMs(), overlapMs });
    if (!rotated.ok) return rotated;
    const updated = await tx.keys.update(rotated.value.record);
    return updated.ok ? ok({ record: updated.value, key: rotated.value.key }) : updated;
  });
}

type ChangePorts = Pick<KeyPorts, 'storage' | 'clock'>;

export const revokeKey = (ports: ChangePorts, id: string, actor: string) =>
  changeKey(ports, id, { actor, action: 'key.revoke', diff: { revoked: true } }, (record) =>
    revokedKey(record, ports.clock.nowMs()),
  );

export const releaseKey = (ports: ChangePorts, id: string, actor: string) =>
  changeKey(ports, id, { actor, action: 'key.release', diff: { released: true } }, releasedKey);

interface Told {
  readonly actor: string;
  readonly action: string;
  readonly diff: JsonObject;
}

/** One change of one key, decided on the record as it is inside the transaction. */
export async function changeKey(
  ports: ChangePorts,
  id: string,
  { actor, action, diff }: Told,
  next: (record: KeyRecord) => Result<KeyRecord, KeyProblem>,
): Promise<Result<KeyRecord, KeyProblem>> {
  const { storage } = ports;
  const found = await storage.keys.find(plainKeyId(id));
  if (found === null) return err({ reason: 'key-unknown' });
  const entry = entryOf(ports, actor, action, { record: found, diff });
  return await storage.change(entry, async (tx): Promise<Result<KeyRecord, KeyProblem>> => {
    const record = await tx.keys.find(found.id);
    if (record === null) return err({ reason: 'key-unknown' });
    const changed = next(record);
    return changed.ok ? await tx.keys.update(changed.value) : changed;
  });
}

/** What the log says of a new key. */
export const shownKey = (record: KeyRecord): JsonObject => {
  const { roles, mode, parent, scope, isHoney, expiresMs, serviceAccount } = record;
  return {
    serviceAccount: serviceAccount?.name ?? null,
    roles: [...roles],
    mode,
    parent: parent === null ? null : `key_${parent}`,
    scope: scope === null ? null : shownScope(scope),
    isHoney,
    expiresAt: expiresMs === null ? null : new Date(expiresMs).toISOString(),
  };
};

export const shownScope = ({ actions, models, tools, networks, hours, when }: KeyScope) => ({
  actions: actions === null ? null : [...actions],
  models: models === null ? null : [...models],
  tools: tools === null ? null : [...tools],
  networks: networks === null ? null : [...networks],
  hours: hours === null ? null : [...hours],
  when,
});

/** Names of people and of keys are left out: the log cannot forget what its chain covers. */
function entryOf(
  { clock }: Pick<KeyPorts, 'clock'>,
  actor: string,
  action: string,
  { record, diff }: { readonly record: KeyRecord; readonly diff: JsonObject },
): OutboxEntry {
  return {
    id: `chg_${randomBase62(20)}`,
    at: clock.nowMs(),
    actor,
    action,
    resource: `key/key_${record.id}`,
    tenant: record.tenant,
    diff,
  };
}
