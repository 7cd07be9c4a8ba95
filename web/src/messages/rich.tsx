/** Sentences that have more in them than text. */
import { Fragment, type ReactNode } from 'react';

import { PLACE, sentenceOf } from './message.ts';

/** As `t`; a value is anything that React draws, at the place that the language gives it. */
export function rich(message: string, values: Readonly<Record<string, ReactNode>>): ReactNode {
  const sentence = sentenceOf(message);
  const parts: ReactNode[] = [];
  let from = 0;
  for (const { 0: place, 1: name, index } of sentence.matchAll(PLACE)) {
    parts.push(sentence.slice(from, index));
    parts.push(name === undefined ? place.slice(1) : (values[name] ?? null));
    from = index + place.length;
  }
  parts.push(sentence.slice(from));
  // Places never move while a page is shown.
  return parts.map((part, index) => <Fragment key={index}>{part}</Fragment>);
}
