/** The configuration in force, as this API reads and changes it. */
import type { Difference } from '#config/diff.ts';
import type { Setting, SettingProblem, SettingSection } from '#config/settings.ts';
import type { JsonObject } from '#stdx/json.ts';
import type { Result } from '#stdx/result.ts';

/** What the store will hold, out of what it holds. */
export type NextSettings = (before: readonly Setting[]) => readonly Setting[];

export interface Refused {
  readonly problems: readonly SettingProblem[];
}

export interface Wanted {
  readonly section: SettingSection;
  readonly name: string;
}

/** One change of many: a value of null takes the entry out. */
export interface Change extends Wanted {
  readonly value: JsonObject | null;
  /** That was read; absent for a new entry. */
  readonly version?: number | undefined;
}

export interface SettingsPort {
  /** What the file declares, with its defaults and without its secrets. */
  declared(section: SettingSection): readonly Setting[];
  diff(next: NextSettings): Promise<Result<readonly Difference[], Refused>>;
  /** `commit` is asked when what it writes can run, and before it does. */
  change<T, E>(
    next: NextSettings,
    commit: () => Promise<Result<T, E>>,
  ): Promise<Result<T, E | Refused>>;
}
