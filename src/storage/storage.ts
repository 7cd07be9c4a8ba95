/**
 * What the gateway keeps: keys, tenants, roles and the like. SQLite keeps it in the data folder of one
 * gateway, PostgreSQL for several; both hold to one contract (storage.contract.ts).
 *
 * Nothing that an administrator may change is written except through `change`, which writes the
 * outbox row of the audit log in the same transaction: there is no change without its record, and
 * no record of a change that was not. `heldState`, `pinning` and `keyUses` are written by calls, which
 * have records of their own.
 */
import type { FleetStore } from '#domain/fleet-log.ts';
import type { JsonValue } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

import type { KeyRingRecord, ProviderSecretRecord } from './custody-records.ts';
import type { Ledger } from './ledger.ts';
import type { MeterOutbox } from './meter-outbox.ts';
import type { AccountRecord, SessionRecord } from './people-records.ts';
import type {
  AdminTokenRecord,
  AlertSilenceRecord,
  BindingRecord,
  GroupRecord,
  HeldStateRecord,
  KeyRecord,
  RoleRecord,
  ServiceAccountRecord,
  SettingRecord,
  TeamRecord,
  TenantRecord,
  ToolPinRecord,
  UserRecord,
} from './records.ts';
import type { ConfigChangeRecord } from './change-records.ts';
import type { JudgementRecord } from './judgement-records.ts';
import type { HoldRecord } from './hold-records.ts';
import type { ContentLeaveRecord } from './leave-records.ts';
import type { SavedViewsRecord } from './view-records.ts';

/** The record of an administrative change, before the log has it. */
export interface OutboxEntry {
  /** Unique: the log uses it to write the record once. */
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly resource: string;
  readonly tenant: string | null;
  readonly diff: JsonValue;
}

export interface PageQuery {
  readonly tenant?: string | undefined;
  /** The last id of the page before. */
  readonly after?: string | undefined;
  /** 1..`PAGE_MAX`; more is cut to it. */
  readonly limit: number;
}

export const PAGE_MAX = 1_000;

export interface Page<R> {
  readonly items: readonly R[];
  /** `after` of the next page; `null` on the last one. */
  readonly next: string | null;
}

export interface Repository<R> {
  find(id: string): Promise<R | null>;
  list(query: PageQuery): Promise<Page<R>>;
}

/** Somebody else changed or removed the record since it was read. */
export interface StaleVersion {
  readonly reason: 'stale-version';
}

export interface AlreadyExists {
  readonly reason: 'already-exists';
}

export interface WriteRepository<R> {
  find(id: string): Promise<R | null>;
  insert(record: R): Promise<Result<R, AlreadyExists>>;
  /** `record.version` is the version that was read; the returned record carries the next one. */
  update(record: R): Promise<Result<R, StaleVersion>>;
  remove(id: string, version: number): Promise<Result<null, StaleVersion>>;
}

/** Each kind of record, by the name of its repository. */
export interface RecordKinds {
  readonly keys: KeyRecord;
  readonly tenants: TenantRecord;
  readonly teams: TeamRecord;
  readonly users: UserRecord;
  readonly serviceAccounts: ServiceAccountRecord;
  readonly groups: GroupRecord;
  readonly roles: RoleRecord;
  readonly settings: SettingRecord;
  readonly bindings: BindingRecord;
  readonly adminTokens: AdminTokenRecord;
  readonly toolPins: ToolPinRecord;
  readonly alertSilences: AlertSilenceRecord;
  readonly accounts: AccountRecord;
  readonly sessions: SessionRecord;
  readonly keyRings: KeyRingRecord;
  readonly providerSecrets: ProviderSecretRecord;
  readonly savedViews: SavedViewsRecord;
  readonly judgements: JudgementRecord;
  readonly configChanges: ConfigChangeRecord;
  readonly contentLeaves: ContentLeaveRecord;
  readonly holds: HoldRecord;
}

export type StorageReads = { readonly [Kind in keyof RecordKinds]: Repository<RecordKinds[Kind]> };
export type StorageWrites = {
  readonly [Kind in keyof RecordKinds]: WriteRepository<RecordKinds[Kind]>;
};

export interface Outbox {
  /** Oldest first. */
  pending(limit: number): Promise<readonly OutboxEntry[]>;
  remove(ids: readonly string[]): Promise<void>;
}

/**
 * Bindings that one owner may have, give or take a hundred. The ones that would end first are
 * forgotten for new ones.
 */
export const HELD_STATES_PER_OWNER_MAX = 20_000;

/**
 * Whose the ids of provider-held state are. Forgetting one refuses its id and lets nobody in, so
 * what is over its bound or its time may go at any moment.
 */
export interface HeldStates {
  /** Without those that are over or contested. */
  find(idHashes: readonly string[], nowMs: number): Promise<readonly HeldStateRecord[]>;
  /**
   * All or none, durable when it resolves. The same binding again renews its time. An id that two
   * owners or two deployments were given is contested: it is nobody's until it is over.
   */
  keep(records: readonly HeldStateRecord[], nowMs: number): Promise<void>;
}

/** Tools that one owner may have pinned. A pin that goes would trust whatever comes, so none does. */
export const TOOL_PINS_PER_OWNER_MAX = 2_000;

export interface PinnedTool {
  readonly name: string;
  readonly digest: string;
}

/** The definitions of tools as they were first declared. */
export interface Pinning {
  /**
   * One state a tool, in order, all in one step. A new name is remembered if its owner has room
   * (`unpinned` if not), another definition of a known name is noted beside the first.
   */
  hold(
    of: { readonly tenant: string; readonly owner: string },
    tools: readonly PinnedTool[],
    nowMs: number,
  ): Promise<readonly ('same' | 'changed' | 'unpinned')[]>;
  /** The definition takes the place of the first one. Nothing, if the name was forgotten meanwhile. */
  accept(of: { readonly tenant: string; readonly owner: string }, tool: PinnedTool): Promise<void>;
}

/** Run tokens: keys, which `keys.list` leaves out, as the runs of a day may outnumber the keys of a year. */
export interface Runs {
  /** By id, those that have ended too. */
  list(query: PageQuery): Promise<Page<KeyRecord>>;
  /** How many of a holder are neither ended nor over. */
  liveOf(holder: string, nowMs: number): Promise<number>;
  /** The ids of a run, by its path, and of all that were minted under it. */
  under(path: string): Promise<readonly string[]>;
  /** Those that were over before, the oldest first. */
  overBefore(atMs: number, limit: number): Promise<readonly KeyRecord[]>;
}

/** When keys were last used, to within the half minute that uses are collected for. */
export interface KeyUses {
  /** By id of a key, in Unix milliseconds. A time never goes back. */
  note(uses: ReadonlyMap<string, number>): Promise<void>;
  /** Without those that were never used. */
  of(ids: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/** How long it is known that a write was made under a key. */
export const ONCE_KEY_MS = 86_400_000;

/** Keys that callers send so that a write is made once. */
export interface OnceKeys {
  /** False: it was claimed before, within a day. */
  claim(id: string, nowMs: number): Promise<boolean>;
  /** The write was not made. */
  release(id: string): Promise<void>;
}

/** Open sessions of one person. A new one ends those that were opened first. */
export const SESSIONS_PER_OWNER_MAX = 20;

/** Sessions of people, apart from `change`: using one is in the log as what was done with it. */
export interface People {
  /** The newest first, twice `SESSIONS_PER_OWNER_MAX` at most. */
  sessionsOf(owner: string): Promise<readonly SessionRecord[]>;
  sessionsOfSid(sidHash: string): Promise<readonly SessionRecord[]>;
  /** The session was used now. */
  saw(id: string, nowMs: number): Promise<void>;
  /** Takes away sessions that are over: nobody can use them. */
  forget(nowMs: number, idleMs: number): Promise<void>;
}

/** Users of all tenants that may be provisioned, and those of one tenant. */
export const USERS_MAX = 100_000;
export const USERS_PER_TENANT_MAX = 20_000;
export const GROUPS_PER_TENANT_MAX = 1_000;

/** What identity providers put here, as it is looked for. Users that were removed are users too. */
export interface Provisioning {
  /** Whatever the case of the letters. */
  usersNamed(tenant: string, name: string): Promise<readonly UserRecord[]>;
  usersWithExternalId(tenant: string, externalId: string): Promise<readonly UserRecord[]>;
  groupsOf(tenant: string, member: string): Promise<readonly GroupRecord[]>;
  /** Of all tenants, without their members. */
  groupNames(): Promise<readonly Pick<GroupRecord, 'id' | 'tenant' | 'displayName'>[]>;
  /** The user ids of those who are in a group and were not removed. */
  memberNames(group: string): Promise<readonly string[]>;
  count(tenant: string): Promise<{
    readonly users: number;
    readonly usersOfTenant: number;
    readonly groupsOfTenant: number;
  }>;
  /** Everyone who is locked out (`isLockedOut`), of all tenants. */
  lockedOut(): Promise<readonly { readonly tenant: string; readonly user: string }[]>;
}

/** What must be the same in every gateway that opens the store: the first to say it says it for all. */
export interface Marks {
  /** Null: nobody has said it yet. */
  find(name: string): Promise<string | null>;
  /** What is said of it now: `value`, or what somebody has said before. */
  claim(name: string, value: string): Promise<string>;
  /** Nothing, if it is not `before` any more. */
  replace(name: string, before: string, value: string): Promise<void>;
}

export interface Storage extends StorageReads {
  /**
   * One transaction. `work` awaits nothing but `tx`. An error that it returns, or throws, undoes all
   * of it, the outbox row included.
   */
  change<T, E>(
    entry: OutboxEntry,
    work: (tx: StorageWrites) => Promise<Result<T, E>>,
  ): Promise<Result<T, E>>;
  readonly outbox: Outbox;
  readonly heldState: HeldStates;
  readonly pinning: Pinning;
  readonly keyUses: KeyUses;
  readonly runs: Runs;
  readonly onceKeys: OnceKeys;
  readonly people: People;
  readonly ledger: Ledger;
  readonly meterOutbox: MeterOutbox;
  readonly provisioning: Provisioning;
  /** A store in the data folder lies beside what would be marked: it keeps none. */
  readonly marks: Marks;
  /** The log of the gateways that share it; null: it is of one gateway alone. */
  readonly fleetLog: FleetStore | null;
  /** Steps of its schema that a newer program has applied, and this one works beside. */
  readonly newerSteps: () => readonly number[];
  /** How long nothing was heard of it; 0, where nothing is between it and us. */
  readonly silentMs: () => number;
  /** Of what `change` wrote. At once for our own changes, within a second or so for those of others. */
  onChange(listener: () => void): () => void;
  close(): Promise<void>;
}
