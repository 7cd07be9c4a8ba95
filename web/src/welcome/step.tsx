/** One of the first steps: what it is for, whether it is done, and what there is to do. */
import { type ReactNode, useId } from 'react';

import { Pill } from '../parts.tsx';

export type StepState = 'done' | 'now' | 'later';

interface StepProps {
  readonly number: number;
  readonly title: string;
  readonly state: StepState;
  /** What is there already, in a line. */
  readonly summary: ReactNode;
  /** Left out: what there is to do is shown while it is its turn. */
  readonly isOpen?: boolean;
  readonly children: ReactNode;
}

const WORDS = { done: ['good', 'done'], now: ['warn', 'now'], later: ['plain', 'later'] } as const;

export function Step(props: StepProps) {
  const { number, title, state, summary, children, isOpen = state === 'now' } = props;
  const id = useId();
  const [tone, word] = WORDS[state];
  return (
    <li className="card" aria-labelledby={id} {...(state === 'now' && { 'aria-current': 'step' })}>
      <div className="card-head">
        <h2 id={id}>
          {number}. {title}
        </h2>
        <Pill tone={tone}>{word}</Pill>
      </div>
      <p className="quiet">{summary}</p>
      {isOpen && <div className="stack">{children}</div>}
    </li>
  );
}
