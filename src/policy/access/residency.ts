/**
 * Where calls of a tenant may go: regions, and agreements that must be in force with the provider. What
 * nobody has said of a deployment is not so: one without a region is in none of them.
 */
import type { Deployment } from '#domain/deployment.ts';

export interface Residency {
  /** Empty: anywhere. */
  readonly regions: readonly string[];
  /** All of them. */
  readonly agreements: readonly string[];
}

export const mayServe = (
  { region, agreements = [] }: Pick<Deployment, 'region' | 'agreements'>,
  wanted: Residency,
): boolean =>
  (wanted.regions.length === 0 || (region !== undefined && wanted.regions.includes(region))) &&
  wanted.agreements.every((one) => agreements.includes(one));
