/** The records of the store. `version` counts changes; a record is replaced whole or not at all. */
import type { AdminRole } from '#domain/admin-role.ts';
import type { KeyScope } from '#domain/key-scope.ts';
import type { ServiceAccount } from '#domain/principal.ts';
import type { KeyRun } from '#domain/run.ts';
import type { JsonObject } from '#stdx/json.ts';

/** One live secret of a key. Two exist while a key is rotated. */
export interface KeySecret {
  /** HMAC of the secret under the pepper; the secret itself is nowhere. */
  readonly macHex: string;
  readonly pepperVersion: number;
  readonly last4: string;
  readonly notAfterMs: number | null;
}

export interface KeyRecord {
  /** 12 characters of base 62. */
  readonly id: string;
  readonly mode: 'live' | 'test';
  readonly tenant: string;
  readonly team: string | null;
  readonly user: string | null;
  /** Whose key it is, where it is not a person's. */
  readonly serviceAccount: ServiceAccount | null;
  readonly name: string | null;
  readonly roles: readonly string[];
  /** The id of the key that it was made from. */
  readonly parent: string | null;
  readonly scope: KeyScope | null;
  /** It is a run token. */
  readonly run: KeyRun | null;
  /** Nobody should ever use it: whoever does has found it where it was laid out. */
  readonly isHoney: boolean;
  readonly createdMs: number;
  readonly expiresMs: number | null;
  readonly revokedMs: number | null;
  /** Put aside by the gateway itself, until somebody releases it. */
  readonly quarantinedMs: number | null;
  /** One, or two during rotation. */
  readonly secrets: readonly KeySecret[];
  readonly version: number;
}

export interface TenantRecord {
  readonly id: string;
  readonly name: string | null;
  readonly status: 'active' | 'suspended';
  /** How long a key of it works at most, from when it was made; null: as long as it says. */
  readonly keyLifeMsMax: number | null;
  /** Tokens that are bound to nothing do not count. */
  readonly boundTokens: boolean;
  /** Which role a provisioned group gives, by the name of the group. */
  readonly groupRoles: Readonly<Record<string, string>>;
  readonly createdMs: number;
  readonly version: number;
}

export interface TeamRecord {
  readonly id: string;
  readonly tenant: string;
  readonly name: string | null;
  readonly createdMs: number;
  readonly version: number;
}

export interface UserRecord {
  /** What keys, tokens and bindings carry. */
  readonly id: string;
  readonly tenant: string;
  readonly team: string | null;
  readonly name: string | null;
  /** What an administrator here says; see `isLockedOut`. */
  readonly status: 'active' | 'suspended';
  /** Null: an administrator here made it. */
  readonly provisioned: ProvisionedUser | null;
  readonly createdMs: number;
  readonly version: number;
}

/** A caller of a tenant that is no person: an application, a job, an agent. */
export interface ServiceAccountRecord {
  /** 12 characters of base 62. */
  readonly id: string;
  readonly tenant: string;
  /** Unique in the tenant, and never another one: bindings, limits and records carry it. */
  readonly name: string;
  /** For people: what it is for. */
  readonly description: string | null;
  /** Of its keys that name none. */
  readonly team: string | null;
  readonly status: 'active' | 'suspended';
  readonly createdMs: number;
  readonly version: number;
}

/** What an identity provider said of a user, by SCIM. */
export interface ProvisionedUser {
  /** The id in SCIM and in the store: 22 random characters, never given twice. */
  readonly id: string;
  readonly externalId: string | null;
  readonly isActive: boolean;
  /** Not null: the provider removed the user. The record stays, so that the user stays locked out. */
  readonly removedMs: number | null;
  readonly displayName: string | null;
  readonly formatted: string | null;
  readonly givenName: string | null;
  readonly familyName: string | null;
  readonly emails: readonly ProvisionedEmail[];
  readonly changedMs: number;
}

export interface ProvisionedEmail {
  readonly value: string;
  readonly type: string | null;
  readonly isPrimary: boolean;
}

/** A group of users as an identity provider keeps it. It gives the role that the tenant names for it. */
export interface GroupRecord {
  /** 22 random characters. */
  readonly id: string;
  readonly tenant: string;
  readonly displayName: string;
  readonly externalId: string | null;
  /** Ids of provisioned users. */
  readonly members: readonly string[];
  readonly createdMs: number;
  readonly changedMs: number;
  readonly version: number;
}

export interface RoleRule {
  readonly actions: readonly string[];
  readonly models: readonly string[];
  readonly tools?: readonly string[] | undefined;
  /** Names of guards that must read what it allows. */
  readonly guards?: readonly string[] | undefined;
  /** A CEL condition. */
  readonly when?: string | undefined;
}

export interface RoleRecord {
  readonly tenant: string;
  readonly name: string;
  readonly allow: readonly RoleRule[];
  readonly deny: readonly RoleRule[];
  readonly version: number;
}

export interface BindingRecord {
  readonly id: string;
  readonly tenant: string;
  readonly role: string;
  readonly users: readonly string[];
  /** By name. */
  readonly serviceAccounts: readonly string[];
  readonly teams: readonly string[];
  readonly keys: readonly string[];
  /** Values of claims, by name; of each one must be there. */
  readonly claims: Readonly<Record<string, readonly string[]>>;
  readonly version: number;
}

export interface AdminTokenRecord {
  readonly id: string;
  readonly macHex: string;
  readonly pepperVersion: number;
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly isOneTime: boolean;
  /** The party of whoever made it, which it acts for; null: it was made with the store itself. */
  readonly madeBy: string | null;
  readonly createdMs: number;
  readonly expiresMs: number | null;
  readonly usedMs: number | null;
  readonly revokedMs: number | null;
  readonly version: number;
}

/** A part of the configuration that the store adds to the file. */
export interface SettingRecord {
  /** `section/name`. */
  readonly id: string;
  readonly section: string;
  readonly name: string;
  /** As the file would say it, without its name. */
  readonly value: JsonObject;
  readonly createdMs: number;
  readonly version: number;
}

/** What a tool was the first time that somebody declared it. */
export interface ToolPinRecord {
  /** `toolPinId` of its tenant, owner and name. */
  readonly id: string;
  readonly tenant: string;
  /** `user/<id>` or `key/<id>`; `''`: all callers of the tenant. */
  readonly owner: string;
  readonly name: string;
  /** SHA-256 of the definition, base64url. */
  readonly digest: string;
  readonly createdMs: number;
  /** The last other definition that was declared under the name. */
  readonly changedDigest: string | null;
  readonly changedMs: number | null;
  readonly version: number;
}

/** What rules on metrics do not tell of for a while. */
export interface AlertSilenceRecord {
  /** 12 characters of base 62. */
  readonly id: string;
  /** Null: every rule. */
  readonly rule: string | null;
  /** Null: everything that the rule is about. */
  readonly subject: string | null;
  readonly reason: string;
  readonly endsMs: number;
  readonly createdMs: number;
  readonly createdBy: string;
  readonly version: number;
}

/** Whose an id of provider-held state is. Found by the hash of the id; the id itself is nowhere. */
export interface HeldStateRecord {
  /** SHA-256, base64url. */
  readonly idHash: string;
  readonly tenant: string;
  readonly owner: string;
  readonly deployment: string;
  readonly expiresMs: number;
}

/**
 * The id of a record that two names identify. A slash is in neither: ids are `[a-z0-9-]`.
 * Ids of teams, users and bindings are unique in the store, not in the tenant.
 */
export const roleId = ({ tenant, name }: Pick<RoleRecord, 'tenant' | 'name'>): string =>
  `${tenant}/${name}`;

/** The id under which the store keeps a user. One that was provisioned is another tenant's to know nothing of. */
export const userStoreId = ({ id, provisioned }: UserRecord): string => provisioned?.id ?? id;

/** An administrator and the identity provider can each lock a user out; to let one in takes both. */
export const isLockedOut = ({ status, provisioned }: UserRecord): boolean =>
  status === 'suspended' ||
  (provisioned !== null && (!provisioned.isActive || provisioned.removedMs !== null));
