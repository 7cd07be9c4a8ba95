/**
 * Runs: what an agent was given for one piece of work. A run token is a short-lived key that was made
 * from the key, or the run, that has minted it; everything that holds for keys holds for it. What it
 * may spend is bounded by its own caps and by those of every run above it, at each call.
 */
/** How many runs may be below a run, at most. */
export const RUN_DEPTH_MAX = 8;
export const RUN_MS_MAX = 86_400_000;
/** Of one key, with those below them: neither ended nor over. */
export const LIVE_RUNS_MAX = 1_000;

export interface RunCaps {
  /** Nano-USD and calls; null: no cap of its own. */
  readonly nanoUsd: number | null;
  readonly calls: number | null;
  /** How many runs may be minted below each other. 0: none. */
  readonly depth: number;
}

/** As a key's record has it. */
export interface KeyRun extends RunCaps {
  /** The id of the key that the outermost run was minted from. */
  readonly holder: string;
  /** The ids of the runs from the outermost to this one, with a slash between them. */
  readonly path: string;
}

/** As a caller has it. */
export interface Run extends RunCaps {
  readonly path: string;
  readonly beganMs: number;
  /** Calls that run then are ended. */
  readonly endsMs: number;
}

export const runPathBelow = (above: string | null, id: string): string =>
  above === null ? id : `${above}/${id}`;

export const outermostOf = (path: string): string => path.split('/', 1)[0] ?? path;
