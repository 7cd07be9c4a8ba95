/** Files and folders that guards name: relative ones start from the folder of the configuration. */
import { resolve } from 'node:path';

import type { GuardType } from '#policy/guards/guard.ts';
import { guardTypes } from '#policy/guards/registry.ts';

import type { Config } from './config.ts';
import type { GuardSection } from './guards-section.ts';
import type { Path } from './issue.ts';

const pathKeys: ReadonlyMap<string, readonly string[]> = new Map(
  guardTypes.map(({ type, paths = [] }: GuardType) => [type, paths]),
);

/** Keys that name files or folders in an entry of that type. */
export const pathKeysOf = (type: unknown): readonly string[] =>
  (typeof type === 'string' ? pathKeys.get(type) : undefined) ?? [];

/** The keys of an entry that are paths, with what they say. */
function pathsIn(entry: GuardSection): [key: string, path: string][] {
  const keys = pathKeysOf(entry.type);
  return Object.entries(entry).flatMap(([key, value]: [string, unknown]) =>
    keys.includes(key) && typeof value === 'string' ? [[key, value]] : [],
  );
}

const absolute = (entries: readonly GuardSection[], dir: string): GuardSection[] =>
  entries.map((entry) => {
    const changes: Record<string, string> = {};
    for (const [key, path] of pathsIn(entry)) changes[key] = resolve(dir, path);
    return { ...entry, ...changes };
  });

export const withGuardPaths = (config: Config, dir: string): Config => ({
  ...config,
  guards: absolute(config.guards, dir),
  tenants: config.tenants.map((tenant) => ({ ...tenant, guards: absolute(tenant.guards, dir) })),
});

/** Every file or folder that a guard names, and where it is named. */
export function guardFiles({ guards, tenants }: Config): { at: Path; path: string }[] {
  const filesOf = (entries: readonly GuardSection[], holder: Path) =>
    entries.flatMap((entry, index) =>
      pathsIn(entry).map(([key, path]) => ({ at: [...holder, 'guards', index, key], path })),
    );
  const own = tenants.flatMap(({ guards: entries }, index) => filesOf(entries, ['tenants', index]));
  return [...filesOf(guards, []), ...own];
}
