/** Who was refused most, and why: by key, user or address. */
import { useCallback } from 'react';

import type { OffenderView } from '../../../src/admin/finding-contract.ts';

import { locale, t } from '../messages/message.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { filled } from '../parts/fields.ts';
import { Skeleton } from '../parts/listing.tsx';
import { Maybe, Panel, ProblemBar, Time } from '../parts.tsx';
import { type RangeName, RANGES } from '../series/ranges.ts';
import { useSession } from '../session.ts';
import { choose, Link, usePlace } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';

const WAYS = {
  key: t('keys'),
  user: t('users'),
  ip: t('addresses'),
  'ip-credential': t('addresses, wrong credentials'),
} as const;
type Way = keyof typeof WAYS;

const isWay = (text: string | null): text is Way => text !== null && Object.hasOwn(WAYS, text);
const EVERY_MS = 30_000;

interface OffendersProps {
  readonly range: RangeName;
  readonly tenant: string;
}

const columnsOf = (way: Way): readonly Column<OffenderView>[] => [
  { title: t('Who'), cell: ({ name }) => <Who name={name} way={way} /> },
  {
    title: t('Refused'),
    isNumber: true,
    cell: ({ count }) => count.toLocaleString(locale()),
  },
  {
    title: t('Why'),
    cell: ({ reasons }) => reasons.map(({ reason, count }) => `${reason} ×${count}`).join('; '),
  },
  { title: t('First'), cell: ({ firstAt }) => <Time at={firstAt} /> },
  { title: t('Last'), cell: ({ lastAt }) => <Time at={lastAt} /> },
];

export function Offenders({ range, tenant }: OffendersProps) {
  const { call, rights } = useSession();
  const { page, query } = usePlace();
  const isPersonal = rights.permissions.includes('records.personal');
  const asked = query.get('who');
  const who = isWay(asked) && (isPersonal || asked === 'key') ? asked : 'key';
  const { minutes } = RANGES[range];
  const read = useCallback(
    (signal: AbortSignal) => {
      const from = new Date(Date.now() - minutes * 60_000).toISOString();
      const by = who === 'ip-credential' ? 'ip' : who;
      const text = who === 'ip-credential' ? 'credential' : '';
      const filter = { from, by, ...filled('tenant', tenant), ...filled('text', text) } as const;
      return call('GET /offenders', { query: filter, signal });
    },
    [call, tenant, minutes, who],
  );
  const { value, problem, reload } = useLoaded(read, EVERY_MS);
  const choice = isPersonal && (
    <select
      aria-label={t('Who')}
      value={who}
      onChange={(event) => choose(page, { ...Object.fromEntries(query), who: event.target.value })}
    >
      {Object.entries(WAYS).map(([name, title]) => (
        <option key={name} value={name}>
          {title}
        </option>
      ))}
    </select>
  );
  return (
    <Panel title={t('Who was refused most')} tools={choice}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value?.items.length === 0 && (
        <p className="empty">{t('Nobody was refused in this time.')}</p>
      )}
      {value !== null && value.items.length > 0 && (
        <DataTable
          caption={t('Who was refused most')}
          rows={value.items}
          keyOf={({ name }) => name ?? ''}
          columns={columnsOf(who)}
        />
      )}
    </Panel>
  );
}

function Who({ name, way }: { readonly name: string | null; readonly way: Way }) {
  if (name === null) return <Maybe text={null} none={t('nobody who is known')} />;
  if (way !== 'key') return <>{name}</>;
  return (
    <Link page="requests" query={{ key: name, decision: 'deny' }}>
      {name}
    </Link>
  );
}
