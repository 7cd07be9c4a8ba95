/** A text of the gateway in which what is written as it stands is between backticks. */
import { Fragment } from 'react';

export function Coded({ text }: { readonly text: string }) {
  // Every second piece was between two of them.
  const pieces = text.split('`').map((piece, at) => ({ piece, at, isCode: at % 2 === 1 }));
  return pieces.map(({ piece, at, isCode }) =>
    isCode ? <code key={at}>{piece}</code> : <Fragment key={at}>{piece}</Fragment>,
  );
}
