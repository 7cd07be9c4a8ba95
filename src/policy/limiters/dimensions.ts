/** What limits count by, and the name of one counter. */
import { holderOf } from '#domain/principal.ts';
import { assert } from '#stdx/assert.ts';

import type { ValueExpression } from '../access/condition.ts';
import { Situation } from '../access/situation.ts';
import type { Subject } from './limiter.ts';

/** By name, what each counts by. The manual has the same table. */
export const limitDimensions = {
  tenant: 'the tenant of the caller',
  team: 'the team that the key or the token names',
  user: 'the user that the key or the token names',
  key: 'the key; keys that were made from a key count as that key',
  'service-account':
    'the service account whose key it is; without one the user, else the key: who calls, as one',
  'end-user': 'whom the caller says it calls for; nobody has proven it',
  ip: 'the address: /32 of IPv4, /64 of IPv6',
  model: 'the public name of the model',
  provider: 'the provider that an attempt is sent to, by its name in `providers`',
  route: 'the name of the route',
  tool: 'each tool that the call offers, one counter a tool',
  role: 'the role that allowed the call',
  session: 'what the header x-llmproxy-session says; nobody has proven it',
  run: 'the run of the run token',
} as const;
export type NamedDimension = keyof typeof limitDimensions;

export const isDimension = (text: string): text is NamedDimension =>
  Object.hasOwn(limitDimensions, text);

/** A name, or a value that is worked out for each call. */
export type LimitDimension = NamedDimension | ValueExpression;

const SHARED: ReadonlySet<LimitDimension> = new Set<LimitDimension>([
  'ip',
  'model',
  'provider',
  'route',
]);

/** The names of the counters of a call: more than one only where tools are counted. */
export function bucketsOf(per: readonly LimitDimension[]): (subject: Subject) => readonly string[] {
  const dimensions = dimensionsIn(per);
  const byTool = dimensions.at(-1) === 'tool';
  const others = byTool ? dimensions.slice(0, -1) : dimensions;
  return (subject) => {
    let id = '';
    for (const dimension of others) id += part(valueOf(dimension, subject));
    if (!byTool) return [id];
    return [...new Set(subject.tools)].map((tool) => id + part(tool));
  };
}

function valueOf(dimension: LimitDimension, subject: Subject): string | null {
  switch (dimension) {
    case 'end-user':
      return subject.endUser;
    case 'service-account':
      return serviceAccountOf(subject);
    case 'tool':
      return null;
    case 'tenant':
    case 'team':
    case 'user':
    case 'key':
    case 'ip':
    case 'model':
    case 'provider':
    case 'route':
    case 'role':
    case 'session':
    case 'run':
      return subject[dimension];
    default:
      return situationOf(subject).read(dimension);
  }
}

/** No user of the store and no key has a slash in its name, so that no two of the three count as one. */
const serviceAccountOf = ({ serviceAccount, user, key }: Subject): string | null =>
  serviceAccount === null ? (user ?? key) : `service-account/${serviceAccount}`;

/** For expressions; a limit that has none makes none. A run is told of as its key: it can mint more of them. */
export const situationOf = ({ principal, call, request }: Subject): Situation =>
  new Situation({ principal: holderOf(principal), call, request, timeZone: 'UTC' });

/** The dimensions of a counter, in the order of its name. */
export function dimensionsIn(per: readonly LimitDimension[]): readonly LimitDimension[] {
  // Users and keys of different tenants are different, whatever they are called.
  const isShared = per.every((dimension) => SHARED.has(dimension));
  const dimensions: readonly LimitDimension[] =
    isShared || per.includes('tenant') ? per : ['tenant', ...per];
  const others = dimensions.filter((dimension) => dimension !== 'tool');
  return dimensions.includes('tool') ? [...others, 'tool'] : others;
}

/** What `bucketsOf` has put together, apart again. */
export function partsOf(id: string): readonly (string | null)[] {
  const parts: (string | null)[] = [];
  let at = 0;
  while (at < id.length) {
    if (id[at] === '-') {
      parts.push(null);
      at += 1;
      continue;
    }
    const colon = id.indexOf(':', at);
    assert(colon > at, 'a part begins with its length');
    const end = colon + 1 + Number(id.slice(at, colon));
    parts.push(id.slice(colon + 1, end));
    at = end;
  }
  return parts;
}

/** Lengths go first: a caller who is named `1:a1:b` stays out of the bucket of `a` and `b`. */
const part = (value: string | null): string => (value === null ? '-' : `${value.length}:${value}`);
