/**
 * The kind `Contents`: what was said in calls, encrypted, and the keys of those whom it is about. Apart
 * from the store of keys and tenants, because it is large and because it is made to be destroyed.
 *
 * A key is of a subject: a tenant's user, with the end user that an application named. Whoever is
 * erased loses every key that is about them, and with the key every text.
 */
export interface Subject {
  readonly tenant: string;
  readonly user: string | null;
  readonly endUser: string | null;
  /** Where nobody is named: the key that was used. */
  readonly key: string | null;
}

export interface SubjectRecord extends Subject {
  readonly id: string;
  /** Its key, wrapped by the tenant's. */
  readonly wrapped: Buffer;
}

export interface TenantContentKey {
  readonly tenant: string;
  /** The version of the root key that wraps it. */
  readonly root: string;
  readonly wrapped: string;
}

export interface ContentItem {
  readonly id: string;
  readonly subject: string;
  readonly requestId: string;
  /** Unix milliseconds. */
  readonly atMs: number;
  readonly sealed: Buffer;
}

/** Whom an erasure, an export or a hold is about. Both: content that is about the two together. */
export interface Person {
  readonly tenant: string;
  readonly user?: string | undefined;
  readonly endUser?: string | undefined;
}

/** What may not be erased or deleted while it is there; without a person: nothing of the tenant. */
export interface Hold {
  readonly id: string;
  /** Null: nothing of any tenant. */
  readonly tenant: string | null;
  readonly user: string | null;
  readonly reason: string;
  readonly actor: string;
  /** Whether somebody of the platform set it: then nobody of the tenant may end it. */
  readonly isOfPlatform: boolean;
  readonly atMs: number;
}

export interface Erased {
  readonly subjects: number;
  readonly items: number;
}

export interface Contents {
  tenantKey(tenant: string): TenantContentKey | null;
  tenantKeys(): readonly TenantContentKey[];
  /** The first one of a tenant stays: a second insert changes nothing. Returns the one that counts. */
  addTenantKey(key: TenantContentKey): TenantContentKey;
  replaceTenantKey(key: TenantContentKey): void;
  subject(subject: Subject): SubjectRecord | null;
  subjectOf(id: string): SubjectRecord | null;
  /** Likewise the first one stays. */
  addSubject(record: SubjectRecord): SubjectRecord;
  subjectsOf(person: Person): readonly SubjectRecord[];
  /** Durable when it returns. */
  add(item: ContentItem): void;
  find(id: string): ContentItem | null;
  /** By id, behind `after`; at most `limit`. */
  itemsOf(subject: string, after: string, limit: number): readonly ContentItem[];
  /** Destroys the keys and the texts of subjects; what was there is overwritten. */
  erase(subjects: readonly string[]): Erased;
  /** Deletes texts from before a time, but those of `kept` subjects; and keys that have none left. */
  expire(beforeMs: number, kept: readonly string[], limit: number): number;
  /** Copies those of the store: what it no longer has goes, and what others have written here stays. */
  copyHolds(stored: readonly Hold[]): void;
  /** Those that a program from before they were in the store has written here. */
  ownHolds(): readonly Hold[];
  /** All: the copies, and those that are no copies. */
  holds(): readonly Hold[];
  close(): void;
}

/** Whether a hold is about this person. */
export const isHeld = (holds: readonly Hold[], { tenant, user, endUser }: Person): boolean =>
  holds.some(
    (hold) =>
      (hold.tenant === null || hold.tenant === tenant) &&
      (hold.user === null || hold.user === user || hold.user === endUser),
  );

/**
 * Whether erasing a person would reach somebody who is held. A call has a user and an end user, and what
 * is kept of it goes whole: to erase the one of a held call would destroy what is kept of the other.
 * `isThere`: whether anything is kept that names both.
 */
export async function reachesHeld(
  holds: readonly Hold[],
  person: Person,
  isThere: (both: Required<Person>) => Promise<boolean>,
): Promise<boolean> {
  if (isHeld(holds, person)) return true;
  const { tenant, user, endUser } = person;
  const named = holds.flatMap((hold) => (hold.tenant === tenant ? (hold.user ?? []) : []));
  for (const held of new Set(named)) {
    if (
      user === undefined &&
      endUser !== undefined &&
      (await isThere({ tenant, user: held, endUser }))
    )
      return true;
    if (
      endUser === undefined &&
      user !== undefined &&
      (await isThere({ tenant, user, endUser: held }))
    )
      return true;
  }
  return false;
}
