/** Where a configuration comes from, and what became of it. */
import type { Config } from '#config/config.ts';
import type { JsonValue } from '#stdx/json.ts';

export interface Source {
  /** Paths in it are absolute. */
  readonly config: Config;
  readonly hash: string;
  /** Paths of the values that were substituted: never shown. */
  readonly secretsAt: ReadonlySet<string>;
  /** The file it came from; null for the built-in demo. */
  readonly path: string | null;
  /** What the file says, after substitution and before its defaults. */
  readonly tree: JsonValue;
}

export interface ReloadResult {
  readonly applied: boolean;
  /** Lines for people: why it was not applied. */
  readonly problems: readonly string[];
}
