/**
 * Secrets that tenants have brought, sealed, in memory: few, and asked for by every call. Whose one is,
 * is said by the place of its row; a row that was copied to another place is that place's, and does
 * not open there.
 */
import type { Custody } from '#custody/custody.ts';
import { SealedSecret } from '#custody/sealed-secret.ts';
import type { KeptSecret } from '#domain/secret.ts';
import type { Storage } from '#storage/storage.ts';

import { all } from './tenant-policies.ts';

type BySealed = ReadonlyMap<string, string>;

export class TenantSecrets {
  readonly #storage: Storage;
  readonly #custody: Custody;
  /** By provider, then by tenant. */
  #sealed: ReadonlyMap<string, BySealed> = new Map();
  #reading: Promise<void> = Promise.resolve();

  constructor(storage: Storage, custody: Custody) {
    this.#storage = storage;
    this.#custody = custody;
  }

  /** One after another: what was read first must not be put in force last. */
  refresh(): Promise<void> {
    const done = this.#reading.then(() => this.#read());
    this.#reading = done.catch(() => {});
    return done;
  }

  /** For calls to this origin alone. */
  of(provider: string, tenant: string, origin: string): KeptSecret | null {
    const sealed = this.#sealed.get(provider)?.get(tenant);
    if (sealed === undefined) return null;
    const owner = `provider/${provider}` as const;
    const bound = { tenant, owner, purpose: 'apiKey', origins: [origin] };
    return new SealedSecret(this.#custody, bound, sealed);
  }

  async #read(): Promise<void> {
    const records = await all((query) => this.#storage.providerSecrets.list(query));
    const next = new Map<string, Map<string, string>>();
    for (const { id, sealed } of records) {
      const [tenant = '', provider = ''] = id.split('/');
      const ofProvider = next.get(provider) ?? new Map<string, string>();
      ofProvider.set(tenant, sealed);
      next.set(provider, ofProvider);
    }
    this.#sealed = next;
  }
}
