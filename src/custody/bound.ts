/**
 * What a secret is bound to. It stands in the associated data of every layer of its envelope, so a row
 * that is copied to another tenant or another name, or that is used for another address, is not a
 * secret of somebody else: it does not decrypt.
 */
export type OwnerKind = 'provider' | 'guard' | 'alert' | 'sink' | 'token-server';

export interface Bound {
  /** Null: of the platform. */
  readonly tenant: string | null;
  /** `provider/openai`: the kind and the name. A name has no slash. */
  readonly owner: `${OwnerKind}/${string}`;
  /** The field that holds it: `apiKey`. */
  readonly purpose: string;
  /** The only places that it may be sent to. */
  readonly origins: readonly string[];
}

/**
 * An array of JSON is written in one way only and ends where it ends: no part of it can be moved into
 * its neighbour, as it could where texts are put one after another.
 */
const bytesOf = (parts: readonly unknown[]): Buffer => Buffer.from(JSON.stringify(parts), 'utf8');

export const secretData = (bound: Bound, version: number): Buffer =>
  bytesOf([
    'llmproxy.secret.1',
    bound.tenant,
    bound.owner,
    bound.purpose,
    bound.origins.toSorted(),
    version,
  ]);

/** Without the origins: whoever wraps a key anew need not know where its secret may go. */
export const dataKeyData = (bound: Bound, version: number, keyNumber: number): Buffer =>
  bytesOf(['llmproxy.data-key.1', bound.tenant, bound.owner, bound.purpose, version, keyNumber]);

export const tenantKeyData = (tenant: string | null, keyNumber: number): Buffer =>
  bytesOf(['llmproxy.tenant-key.1', tenant, keyNumber]);
