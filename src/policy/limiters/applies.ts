/** Which calls a limit or a budget is about. What it is not about it does not count. */
import type { Condition } from '../access/condition.ts';
import { isInNetwork } from '../access/networks.ts';
import { situationOf } from './dimensions.ts';
import type { Subject } from './limiter.ts';

export interface Selection {
  /** Null, here and below: all of them. */
  readonly tenants: readonly string[] | null;
  readonly models: readonly string[] | null;
  /** Of providers, by their names; what is asked before one is chosen is about none of them. */
  readonly providers: readonly string[] | null;
  /** Networks of addresses, as CIDR. */
  readonly networks: readonly string[] | null;
  readonly when: Condition | null;
}

export const EVERYTHING: Selection = {
  tenants: null,
  models: null,
  providers: null,
  networks: null,
  when: null,
};

/**
 * An address that cannot be compared is in every network, and a condition that cannot be worked out is
 * met: what is not known is bounded.
 */
export function applies(selection: Selection, subject: Subject): boolean {
  const { tenants, models, providers, networks, when } = selection;
  if (tenants !== null && !tenants.includes(subject.tenant)) return false;
  if (models !== null && !models.includes(subject.model)) return false;
  const { address, provider } = subject;
  if (providers !== null && (provider === null || !providers.includes(provider))) return false;
  if (networks?.every((network) => isInNetwork(address, network) === false) === true) return false;
  return when === null || situationOf(subject).judge(when) !== 'unmet';
}
