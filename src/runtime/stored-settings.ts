/** What the store adds to the file, and the two as one source. */
import { join } from 'node:path';

import {
  type Setting,
  type SettingProblem,
  settingSections,
  withSettings,
} from '#config/settings.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { canonicalJson } from '#stdx/json.ts';
import type { Storage } from '#storage/storage.ts';

import type { Source } from './source.ts';
import { all } from './tenant-policies.ts';

/** By section and name, which is the order that lists of them have. */
export async function storedSettings({ settings }: Storage): Promise<readonly Setting[]> {
  const records = await all((query) => settings.list(query));
  return records.flatMap(({ section, name, value }) => {
    const known = settingSections.find((one) => one === section);
    // A section that a newer version wrote is not this version's to read.
    return known === undefined ? [] : [{ section: known, name, value }];
  });
}

export const sameSettings = (a: readonly Setting[], b: readonly Setting[]): boolean =>
  canonicalJson(a.map(({ ...setting }) => setting)) ===
  canonicalJson(b.map(({ ...setting }) => setting));

/** A source as the checks of settings read it. Relative paths start where the file is. */
export const fileOf = ({ path, ...source }: Source) => ({
  ...source,
  source: path ?? join(source.config.dataDir, 'demo'),
});

type MergedSource =
  | { readonly ok: true; readonly source: Source }
  | { readonly ok: false; readonly problems: readonly SettingProblem[] };

export async function mergedSource(
  file: Source,
  settings: readonly Setting[],
): Promise<MergedSource> {
  const merged = await withSettings(fileOf(file), settings);
  if (!merged.ok) return merged;
  const { config, hash, secretsAt } = merged;
  return { ok: true, source: { ...file, config, hash, secretsAt } };
}

/** What the store adds may have been right beside another file: then nothing starts, and says why. */
export async function firstMade(file: Source, storage: Storage) {
  const settings = await storedSettings(storage);
  const merged = await mergedSource(file, settings);
  if (merged.ok) return { file, settings, source: merged.source };
  const [first] = merged.problems;
  throw new ConfigProblem([first?.field ?? 'settings'], first?.problem ?? 'not valid');
}
