/** Secrets of providers and the keys that wrap them, as they are kept: nothing here opens by itself. */

/** The keys of one tenant, each wrapped by a root key that is not in the store. */
export interface KeyRingRecord {
  /** The tenant; `*`, which is no name of a tenant: the platform. */
  readonly id: string;
  readonly tenant: string | null;
  readonly keys: readonly {
    readonly number: number;
    readonly root: string;
    readonly wrapped: string;
    readonly createdMs: number;
  }[];
  readonly version: number;
}

/** A secret that a tenant has brought for a provider. */
export interface ProviderSecretRecord {
  /** `providerSecretId` of the tenant and the provider. */
  readonly id: string;
  readonly tenant: string;
  readonly provider: string;
  /** Where it may be sent: for people. What counts is inside the envelope. */
  readonly origin: string;
  readonly sealed: string;
  readonly createdMs: number;
  readonly setMs: number;
  readonly version: number;
}

export const ringId = (tenant: string | null): string => tenant ?? '*';

export const providerSecretId = ({
  tenant,
  provider,
}: Pick<ProviderSecretRecord, 'tenant' | 'provider'>): string => `${tenant}/${provider}`;
