/** Every sealed secret of the store, wherever it is kept: what it is bound to, and how it is replaced. */
import { secretFields, settingBound } from '#config/setting-secrets.ts';
import { type Setting, type SettingSection, settingSections } from '#config/settings.ts';
import type { Bound } from '#custody/bound.ts';
import { parseSealed, sealedOf } from '#custody/sealed.ts';
import type { ProviderSecretRecord } from '#storage/custody-records.ts';
import type { JsonObject } from '#stdx/json.ts';
import { PAGE_MAX, type Page, type PageQuery, type Storage } from '#storage/storage.ts';

export interface KeptSecretField {
  readonly bound: Bound;
  readonly sealed: string;
}

const PAGES_MAX = 1_000;

/** A page at a time: what is in memory is one page. */
export async function* pagesOf<R>(
  list: (query: PageQuery) => Promise<Page<R>>,
): AsyncGenerator<readonly R[]> {
  let after: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await list({ after, limit: PAGE_MAX });
    yield items;
    if (next === null) return;
    after = next;
  }
}

export interface Entry extends Omit<Setting, 'section'> {
  /** One that this program does not know has no secrets that it knows of. */
  readonly section: string;
}

const isSection = (text: string): text is SettingSection =>
  settingSections.some((one) => one === text);

/** By field. An entry that is no longer right has no origin that could be said, and opens for none. */
export function sealedFieldsOf({
  section,
  name,
  value,
}: Entry): ReadonlyMap<string, KeptSecretField> {
  const fields = new Map<string, KeptSecretField>();
  if (!isSection(section)) return fields;
  for (const field of secretFields(section)) {
    const sealed = sealedOf(value[field]);
    const bound = settingBound({ section, name, value }, field);
    if (sealed !== null && bound !== null) fields.set(field, { bound, sealed });
  }
  return fields;
}

export const boundOfProviderSecret = ({
  id,
  origin,
}: Pick<ProviderSecretRecord, 'id' | 'origin'>): Bound => {
  // By its place, not by what it says of itself: a row that was copied is of where it lies.
  const [tenant = '', provider = ''] = id.split('/');
  return { tenant, owner: `provider/${provider}`, purpose: 'apiKey', origins: [origin] };
};

/** How many secrets each key of each tenant wraps: `tenant/number`, `*` for the platform. */
export async function usesOfKeys(storage: Storage): Promise<ReadonlyMap<string, number>> {
  const uses = new Map<string, number>();
  const count = (tenant: string | null, sealed: string): void => {
    const number = parseSealed(sealed)?.keyNumber;
    const key = `${tenant ?? '*'}/${number ?? 'unreadable'}`;
    uses.set(key, (uses.get(key) ?? 0) + 1);
  };
  const countIn = (values: readonly JsonObject[]): void => {
    for (const member of values.flatMap((value) => Object.values(value))) {
      const sealed = sealedOf(member);
      if (sealed !== null) count(null, sealed);
    }
  };
  for await (const records of pagesOf((query) => storage.settings.list(query))) {
    countIn(records.map(({ value }) => value));
  }
  for await (const records of pagesOf((query) => storage.configChanges.list(query))) {
    // What was applied has no secrets, and what waits has those that will be in force.
    const values = records.flatMap(({ entries }) => entries.map(({ value }) => value ?? {}));
    countIn(values);
  }
  for await (const records of pagesOf((query) => storage.providerSecrets.list(query))) {
    for (const record of records) count(boundOfProviderSecret(record).tenant, record.sealed);
  }
  return uses;
}
