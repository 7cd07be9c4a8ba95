/** Small pieces that several panels share. */
import type { ReactNode } from 'react';

import { locale, t } from './messages/message.ts';

export type Tone = 'good' | 'bad' | 'warn' | 'plain';

/** A state in words and a colour; the words alone say it. */
export function Pill({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }) {
  return <span className={`pill ${tone}`}>{children}</span>;
}

interface ProblemBarProps {
  readonly problem: string;
  readonly retry: () => void;
}

/** A failed read, beside whatever was read before it. */
export function ProblemBar({ problem, retry }: ProblemBarProps) {
  return (
    <div role="alert" className="problem row">
      <span>{problem}</span>
      <button type="button" onClick={retry}>
        {t('Try again')}
      </button>
    </div>
  );
}

const shortTime = new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' });

export const timeText = (iso: string): string => shortTime.format(new Date(iso));

/** A time as people here read it; the exact one is its title. */
export function Time({
  at,
  never = t('never'),
}: {
  readonly at: string | null;
  readonly never?: string;
}) {
  if (at === null) return <span className="quiet">{never}</span>;
  return (
    <time dateTime={at} title={at}>
      {timeText(at)}
    </time>
  );
}

/** What was written by somebody, or a quiet word where nothing was. */
export function Maybe({
  text,
  none = '–',
}: {
  readonly text: string | null;
  readonly none?: string;
}) {
  return text === null || text === '' ? <span className="quiet">{none}</span> : <>{text}</>;
}

/** What went wrong, where something did. */
export function Problem({ text }: { readonly text: string | null }) {
  if (text === null) return null;
  return (
    <p role="alert" className="problem">
      {text}
    </p>
  );
}

export function Fact({ name, children }: { readonly name: string; readonly children: ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

interface PanelProps {
  readonly title: string;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
}

export function Panel({ title, tools, children }: PanelProps) {
  return (
    <section className="card" aria-label={title}>
      <div className="card-head">
        <h2>{title}</h2>
        {tools !== undefined && <div className="row">{tools}</div>}
      </div>
      {children}
    </section>
  );
}

/** Offers a text, or the parts of one, as a file. It is made here and goes nowhere. */
export function download(name: string, type: string, ...parts: readonly BlobPart[]): void {
  const url = URL.createObjectURL(new Blob([...parts], { type }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
