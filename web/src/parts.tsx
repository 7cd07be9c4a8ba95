/** Small pieces that several panels share. */
import type { ReactNode } from 'react';

/** A state in words and a colour; the words alone say it. */
export function Pill({
  tone,
  children,
}: {
  readonly tone: 'good' | 'bad' | 'warn';
  readonly children: ReactNode;
}) {
  return <span className={`pill ${tone}`}>{children}</span>;
}

/** A failed read, beside whatever was read before it. */
export function ProblemBar({
  problem,
  retry,
}: {
  readonly problem: string;
  readonly retry: () => void;
}) {
  return (
    <div role="alert" className="problem row">
      <span>{problem}</span>
      <button type="button" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

export const timeText = (iso: string): string => new Date(iso).toLocaleString();

/** What went wrong, where something did. */
export function Problem({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  return (
    <p role="alert" className="problem">
      {text}
    </p>
  );
}
