/** Records of people on the admin plane: their accounts here, and the sessions that they opened. */
import type { AdminRole } from '#domain/admin-role.ts';

/** `password` and `totp` never leave the store: no view has a field for them. */
export interface AccountRecord {
  /** `accountIdOf` of the login name: unique, and found without an index. */
  readonly id: string;
  readonly login: string;
  readonly name: string | null;
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly status: 'active' | 'disabled';
  readonly password: PasswordRecord;
  /** Null: no second factor. */
  readonly totp: TotpRecord | null;
  /**
   * Who gave it last its first or another password, or took its second factor away: the hands behind
   * that one too. Null: nobody but the person has had it in hand.
   */
  readonly handed: { readonly by: readonly string[]; readonly atMs: number } | null;
  readonly createdMs: number;
  readonly version: number;
}

export interface PasswordRecord {
  /** Argon2id with its parameters and salt, as a PHC string. */
  readonly phc: string;
  readonly setMs: number;
  /** Not null: somebody else knows it. Until then it opens a session that may only change it. */
  readonly temporaryUntilMs: number | null;
}

export interface TotpRecord {
  /** The secret, encrypted under the pepper: a stolen copy of the database makes no codes. */
  readonly sealed: string;
  /** Null: it was handed out and no code has shown that it arrived. It is not asked for. */
  readonly confirmedMs: number | null;
  /** The last time step that was used (RFC 6238 section 5.2): a code works once. */
  readonly lastStep: number;
  /** HMACs of the codes that are left. */
  readonly recoveryMacs: readonly string[];
}

export interface SessionRecord {
  /** SHA-256 of the cookie's value, in part: whoever reads the store holds no session. */
  readonly id: string;
  /** `account/<id>`, or `oidc/<hash of issuer and subject>`. */
  readonly owner: string;
  /** Null: the person has no account here. */
  readonly account: string | null;
  /** For people to read, and in the audit log. */
  readonly login: string;
  readonly role: AdminRole;
  readonly tenant: string | null;
  readonly proof: 'password' | 'password+totp' | 'password+recovery' | 'oidc';
  /** The provider's `sid`, hashed with its issuer, for its back-channel logout. */
  readonly sidHash: string | null;
  /**
   * What it rests on: the settings that the role came from, or the password and second factor of the
   * account. Others end the session. Null: it is of an account, and of a program that did not say.
   */
  readonly settings: string | null;
  readonly createdMs: number;
  readonly seenMs: number;
  readonly endsMs: number;
  readonly version: number;
}
