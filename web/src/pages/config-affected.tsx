/** How much of the last day a change is about, and the newest calls of it. */
import { useCallback } from 'react';

import type { AffectedView } from '../../../src/admin/config-change-contract.ts';

import type { AnswerOf, RequestOf } from '../api.ts';
import { locale, t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Maybe, ProblemBar, Time } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { visible } from '../visible.ts';

type Row = AnswerOf<'GET /audit/records'>['items'][number];
type Query = NonNullable<RequestOf<'GET /audit/records'>['query']>;

const NEWEST = '5';
const DAY_MS = 86_400_000;

/** Null: the index of the log does not answer. */
export function Affected({ affected }: { readonly affected: readonly AffectedView[] | null }) {
  const { may } = useSession();
  if (affected === null) {
    return <p className="quiet">{t('How much of the last day it is about is not known now.')}</p>;
  }
  return affected.map((one) => {
    const { section, name, what, count, of } = one;
    return (
      <div key={`${section}/${name}`} className="stack">
        <p>
          {rich('In the last day: {count} {what} of {section}, of {of} calls in all.', {
            count: <strong>{count.toLocaleString(locale())}</strong>,
            what,
            section: (
              <code>
                {section}/{name}
              </code>
            ),
            of: of.toLocaleString(locale()),
          })}
        </p>
        {count > 0 && may('GET /audit/records') && <Newest section={section} name={name} />}
      </div>
    );
  });
}

/** As the gateway counts them, of the last day. */
function queryOf(section: string, name: string): Query {
  const from = new Date(Date.now() - DAY_MS).toISOString();
  const asked = { limit: NEWEST, from };
  if (section === 'models') return { ...asked, isEnd: 'true', model: name };
  if (section === 'providers') return { ...asked, isEnd: 'true', provider: name };
  if (section === 'guards') return { ...asked, isEnd: 'true', guard: name };
  return { ...asked, kind: 'deny', text: name };
}

function Newest({ section, name }: Pick<AffectedView, 'section' | 'name'>) {
  const { call } = useSession();
  const read = useCallback(
    (signal: AbortSignal) => call('GET /audit/records', { query: queryOf(section, name), signal }),
    [call, section, name],
  );
  const { value, problem, reload } = useLoaded(read);
  if (problem !== null) return <ProblemBar problem={problem} retry={reload} />;
  if (value === null) return <Skeleton />;
  if (value.items.length === 0) return null;
  return (
    <DataTable
      caption={t('The newest of them')}
      rows={value.items}
      keyOf={({ writer, seq }) => `${writer}:${seq}`}
      columns={COLUMNS}
    />
  );
}

const COLUMNS = [
  { title: t('When'), cell: ({ at }: Row) => <Time at={at} /> },
  { title: t('Tenant'), cell: ({ tenant }: Row) => <Maybe text={tenant} /> },
  { title: t('User'), cell: ({ user = null }: Row) => <Maybe text={user && visible(user)} /> },
  { title: t('Model'), cell: ({ model }: Row) => <Maybe text={model} /> },
  { title: t('Decision'), cell: ({ decision }: Row) => <Maybe text={decision} /> },
  { title: t('Request'), cell: ({ requestId }: Row) => <code>{requestId}</code> },
] as const;
