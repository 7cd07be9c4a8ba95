/** What limits count by, and the name of one bucket. */
import type { Subject } from './limiter.ts';

export const limitDimensions = ['tenant', 'team', 'user', 'key', 'ip', 'model'] as const;
export type LimitDimension = (typeof limitDimensions)[number];

export function bucketIdOf(per: readonly LimitDimension[]): (subject: Subject) => string {
  // Users and keys of different tenants are different, whatever they are called.
  const isGlobal = per.every((dimension) => dimension === 'ip' || dimension === 'model');
  const dimensions: readonly LimitDimension[] = isGlobal ? per : ['tenant', ...per];
  return (subject) => {
    let id = '';
    for (const dimension of dimensions) id += part(subject[dimension]);
    return id;
  };
}

/** Lengths go first: a caller who is named `1:a1:b` stays out of the bucket of `a` and `b`. */
const part = (value: string | null): string => (value === null ? '-' : `${value.length}:${value}`);
