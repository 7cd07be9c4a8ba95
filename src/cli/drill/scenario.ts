/**
 * One failure of one dependency, as the drill brings it about: one file, one line in the registry, one
 * line in docs/operations/failure-modes.md. A scenario says what it sees; whether that is enough is
 * decided by the runner, which asks for something served, something refused and a recovery.
 */
import type { Lab } from './lab.ts';

/** What a machine must have beside this program. */
export type Need = 'postgres' | 'valkey' | 'prlimit' | 'preload';

export interface Scenario {
  /** `dependency-failure`; unique, and what `--only` takes. */
  readonly name: string;
  readonly dependency: string;
  readonly failure: string;
  readonly needs: readonly Need[];
  /** It is over as soon as it has happened: there is nothing that could last (`--outage`). */
  readonly isMoment?: true;
  readonly run: (lab: Lab) => Promise<void>;
}
