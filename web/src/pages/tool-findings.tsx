/** What guards found in tools: declared otherwise than before, and calls that carry what nobody vouches for. */
import type { SeriesGroup } from '../../../src/admin/series-contract.ts';

import { locale, t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Panel, ProblemBar } from '../parts.tsx';
import type { RangeName } from '../series/ranges.ts';
import { useSeries } from '../series/use-series.ts';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';

interface ToolFindingsProps {
  readonly range: RangeName;
  readonly tenant: string;
}

const IN_DEFINITIONS = { position: 'tool-definition' } as const;
const IN_CALLS = { position: 'tool-arguments' } as const;

interface Row {
  readonly where: string;
  readonly group: SeriesGroup;
}

export function ToolFindings({ range, tenant }: ToolFindingsProps) {
  const { may } = useSession();
  const asked = { range, tenant, kind: 'findings', by: 'guard,category,action' } as const;
  const definitions = useSeries({ ...asked, where: IN_DEFINITIONS });
  const calls = useSeries({ ...asked, where: IN_CALLS });
  const problem = definitions.problem ?? calls.problem;
  const isRead = definitions.value !== null && calls.value !== null;
  const rows = [
    ...rowsOf(t('a definition'), definitions.value?.items),
    ...rowsOf(t('a call'), calls.value?.items),
  ];
  const reload = (): void => [definitions, calls].forEach((read) => read.reload());
  const pins = may('GET /tool-pins') && <Link page="tool-pins">{t('Tool pins')}</Link>;
  return (
    <Panel title={t('Tools')} tools={pins}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {!isRead && problem === null && <Skeleton />}
      {isRead && rows.length === 0 && (
        <p className="empty">
          {t(
            'Nothing was found in tools: none was declared otherwise than before, and no call carried a value that nobody vouches for.',
          )}
        </p>
      )}
      {rows.length > 0 && (
        <DataTable
          caption={t('Tools')}
          rows={rows}
          keyOf={({ where, group }) => `${where} ${group.names.join(' ')}`}
          columns={COLUMNS}
        />
      )}
    </Panel>
  );
}

const rowsOf = (where: string, groups: readonly SeriesGroup[] = []): readonly Row[] =>
  groups.map((group) => ({ where, group }));

const COLUMNS = [
  { title: t('In'), cell: ({ where }: Row) => where },
  { title: t('What'), cell: ({ group }: Row) => wordsOf(group.names[1] ?? null) },
  { title: t('Guard'), cell: ({ group }: Row) => <code>{group.names[0]}</code> },
  { title: t('Did'), cell: ({ group }: Row) => group.names[2] ?? '' },
  {
    title: t('Calls'),
    isNumber: true,
    cell: ({ group }: Row) => (group.total.counts['calls'] ?? 0).toLocaleString(locale()),
  },
  {
    title: t('Requests'),
    cell: ({ group: { names } }: Row) => (
      <Link
        page="requests"
        query={{ guard: names[0] ?? undefined, category: names[1] ?? undefined }}
      >
        {t('Look')}
      </Link>
    ),
  },
] as const;

const WORDS: Readonly<Record<string, string>> = {
  'tool-changed': t('declared otherwise than before'),
  'tool-unpinned': t('could not be compared'),
  'arguments-unfit': t('arguments that do not fit'),
  'tool-called': t('a tool that is watched'),
  'too-many-values': t('more values than could be followed'),
};

/** `tainted-host`: the kind of value that stands in what nobody vouches for. */
function wordsOf(category: string | null): string {
  if (category === null) return t('a finding');
  if (category.startsWith('tainted-'))
    return t('tainted: {kind} out of a text that nobody vouches for', {
      kind: category.slice('tainted-'.length),
    });
  return WORDS[category] ?? category;
}
