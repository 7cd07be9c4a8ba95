/**
 * The scope of a key, as roles of one rule: what holds for rules of roles (conditions, tools, the
 * early answer before a body is read, the traces for people) holds for scopes without being written
 * a second time.
 */
import type { KeyScope } from '#domain/key-scope.ts';

import type { Condition, Outcome } from './condition.ts';
import { matchesGlob } from './glob.ts';
import { type Hours, parseHours } from './hours.ts';
import { LateCondition } from './late-condition.ts';
import { isInNetwork } from './networks.ts';
import type { Role, RoleRule } from './roles.ts';

/** Each address that is compared, in the unit of `condition-check.ts`. */
const NETWORK_COST = 8;
const HOURS_COST = 4;

/**
 * Each must allow the call. A condition that may read the call is a role of its own, so that networks
 * and hours are decided before the body is read.
 */
export function scopeRoles(name: string, scope: KeyScope): readonly Role[] {
  const { actions, models, tools, when } = scope;
  const all = { actions: ['*'], models: ['*'] } as const;
  const head = roleOf(name, {
    actions: actions ?? all.actions,
    models: models ?? all.models,
    tools: tools ?? undefined,
    condition: headCondition(scope),
  });
  if (when === null) return [head];
  return [head, roleOf(name, { ...all, condition: new LateCondition(when) })];
}

const roleOf = (name: string, rule: RoleRule): Role => ({ name, allow: [rule], deny: [] });

function headCondition({ networks, hours }: KeyScope): Condition | undefined {
  const ofNetworks = networks === null ? undefined : networksCondition(networks);
  const ofHours = hours === null ? undefined : hoursCondition(hours);
  if (ofNetworks === undefined || ofHours === undefined) return ofNetworks ?? ofHours;
  return both(ofNetworks, ofHours);
}

const both = (first: Condition, second: Condition): Condition => ({
  text: `${first.text} && ${second.text}`,
  cost: first.cost + second.cost,
  readsCall: first.readsCall || second.readsCall,
  judge(facts) {
    const outcome = first.judge(facts);
    return outcome === 'met' ? second.judge(facts) : outcome;
  },
});

const metIf = (isMet: boolean): Outcome => (isMet ? 'met' : 'unmet');

const networksCondition = (networks: readonly string[]): Condition => ({
  text: `request.ip in [${networks.join(', ')}]`,
  cost: networks.length * NETWORK_COST,
  readsCall: false,
  judge({ request: { ip } }) {
    if (ip === undefined) return 'failed';
    // What is no network was written into the store by hand: nobody is in it.
    return metIf(networks.some((network) => isInNetwork(ip, network) === true));
  },
});

function hoursCondition(texts: readonly string[]): Condition {
  const entries = texts.map(parseHours).filter((entry) => entry !== null);
  return {
    text: `request.time in [${texts.join(', ')}]`,
    cost: entries.length * HOURS_COST,
    readsCall: false,
    judge: ({ request }) => {
      const { hour, minute, weekday } = request;
      if (hour === undefined || minute === undefined || weekday === undefined) return 'failed';
      const at = { day: Number(weekday), minute: Number(hour) * 60 + Number(minute) };
      return metIf(entries.some((entry) => covers(entry, at)));
    },
  };
}

const covers = (
  { days, from, to }: Hours,
  { day, minute }: { readonly day: number; readonly minute: number },
): boolean => days.has(day) && minute >= from && minute < to;

/**
 * The first part of a child's scope that is wider than its parent's; null: none is seen to be. At each
 * call both scopes count, whatever is said here: this is for telling people early.
 */
export function widerPart(child: KeyScope, parent: KeyScope): keyof KeyScope | null {
  for (const part of ['actions', 'models', 'tools'] as const) {
    if (!isCovered(child[part], parent[part])) return part;
  }
  return isNetworkCovered(child.networks, parent.networks) ? null : 'networks';
}

type Patterns = readonly string[] | null;

/** A pattern that another one matches as a text names nothing that the other does not. */
const isCovered = (own: Patterns, by: Patterns): boolean =>
  own === null || by === null || own.every((one) => by.some((wide) => matchesGlob(wide, one)));

function isNetworkCovered(own: KeyScope['networks'], by: KeyScope['networks']): boolean {
  if (own === null || by === null) return true;
  return own.every((network) => {
    const [address = ''] = network.split('/');
    return by.some((wide) => isInNetwork(address, wide) === true && bits(network) >= bits(wide));
  });
}

/** Of the 128 bits of an address, IPv4 as mapped IPv6. */
function bits(network: string): number {
  const [address = '', prefix] = network.split('/');
  const isV4 = !address.includes(':');
  if (prefix === undefined) return 128;
  return isV4 ? 96 + Number(prefix) : Number(prefix);
}
