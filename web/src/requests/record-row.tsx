/** One record as a row: when, how it ended, whose it was, why. Text, whoever wrote it. */
import type { ReactNode } from 'react';

import { locale, t } from '../messages/message.ts';
import { Maybe, Pill, type Tone } from '../parts.tsx';
import { Link } from '../shell/router.tsx';
import { visible } from '../visible.ts';
import type { Asked, Row } from './filters.ts';
import { usdText } from './units.ts';

export interface RecordColumn {
  readonly title: string;
  /** Share of the width. */
  readonly width: number;
  readonly isNumber?: boolean;
  readonly cell: (row: Row) => ReactNode;
}

const at = new Intl.DateTimeFormat(locale(), {
  month: 'short',
  day: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});

export const placeOf = ({ writer, seq }: Row): string => `${writer}:${seq}`;

/** What opens a row: the request, or a record that is of none. */
export const openedBy = (row: Row): Readonly<Record<string, string>> =>
  row.requestId === null ? { record: placeOf(row) } : { request: row.requestId };

const DECISIONS: Readonly<Record<string, readonly [tone: Tone, word: string]>> = {
  allow: ['good', t('allowed')],
  deny: ['bad', t('denied')],
  fault: ['warn', t('failed')],
};

export function Outcome({ row }: { readonly row: Row }) {
  const { kind, decision, status } = row;
  // Refusals of strangers are counted, and have no decision of their own.
  const said = decision ?? (kind === 'deny' ? kind : '');
  const [tone, word] = DECISIONS[said] ?? (['plain', kind] as const);
  return (
    <>
      <Pill tone={tone}>{kind === 'admit' ? t('begun') : word}</Pill>{' '}
      {status !== null && <span className="quiet">{status}</span>}
    </>
  );
}

export function reasonOf({ reason, findings, action, resource }: Row): string {
  if (action !== null) return [action, resource].filter((one) => one !== null).join(' ');
  const found = findings.map(
    ({ guard, category, action: done }) =>
      `${guard}${category === null ? '' : `/${category}`} ${done}`,
  );
  return [...(reason === null ? [] : [reason]), ...found].join(', ');
}

export function columnsFor(asked: Asked, seesPeople: boolean): readonly RecordColumn[] {
  const people: RecordColumn = {
    title: t('User'),
    width: 11,
    cell: ({ user }) => <Maybe text={user === undefined || user === null ? null : visible(user)} />,
  };
  return [
    {
      title: t('Time'),
      width: 15,
      cell: (row) => (
        <Link page="requests" query={{ ...asked, ...openedBy(row) }} isQuiet>
          <time dateTime={row.at} title={row.at}>
            {at.format(new Date(row.at))}
          </time>
        </Link>
      ),
    },
    { title: t('Outcome'), width: 12, cell: (row) => <Outcome row={row} /> },
    { title: t('Tenant'), width: 10, cell: ({ tenant }) => <Maybe text={tenant} /> },
    ...(seesPeople ? [people] : []),
    {
      title: t('Key'),
      width: 12,
      cell: ({ key }) => (key === null ? <Maybe text={null} /> : <code>{key}</code>),
    },
    { title: t('Model'), width: 13, cell: ({ model }) => <Maybe text={model} /> },
    { title: t('Why'), width: 25, cell: (row) => <Maybe text={visible(reasonOf(row))} none="" /> },
    { title: t('Cost'), width: 9, isNumber: true, cell: ({ costNanoUsd }) => usdText(costNanoUsd) },
  ];
}
