/** One thing that was checked: whether it holds, in words first and in colour second. */
import type { ReactNode } from 'react';

import { t } from '../messages/message.ts';
import { Pill } from '../parts.tsx';

interface CheckProps {
  /** Null: not checked. */
  readonly isGood: boolean | null;
  readonly title: string;
  readonly children?: ReactNode;
}

export function Check({ isGood, title, children }: CheckProps) {
  const [tone, word] =
    isGood === null
      ? (['plain', t('not checked')] as const)
      : isGood
        ? (['good', t('holds')] as const)
        : (['bad', t('does not hold')] as const);
  return (
    <li>
      <Pill tone={tone}>{word}</Pill> <strong>{title}</strong>
      {children !== undefined && <div className="quiet">{children}</div>}
    </li>
  );
}
