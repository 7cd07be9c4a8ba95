/** Whose turn it is: the first step that is neither done nor passed over. */
import type { StepState } from './step.tsx';

export interface Turn {
  readonly number: number;
  readonly state: StepState;
  readonly onSkip: () => void;
}

export const STEPS = ['account', 'provider', 'key', 'guards', 'request'] as const;
export type StepName = (typeof STEPS)[number];

export function stateOf(name: StepName, done: ReadonlySet<StepName>): StepState {
  if (done.has(name)) return 'done';
  return STEPS.find((one) => !done.has(one)) === name ? 'now' : 'later';
}
