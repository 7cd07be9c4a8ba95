/** The budgets that the configuration declares. What is left of one, the gateway does not tell yet. */
import { useCallback } from 'react';

import { isRecord } from '../is-record.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Maybe, Panel, ProblemBar } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';

interface Budget {
  readonly name: string;
  readonly per: string;
  readonly usd: string;
  readonly period: string;
  readonly onExceeded: string;
}

const textOf = (value: unknown): string => {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  if (Array.isArray(value)) return value.map(textOf).join(', ');
  return value === undefined || value === null ? '' : JSON.stringify(value);
};

function budgetsIn(config: unknown): readonly Budget[] {
  const said = isRecord(config) ? config['budgets'] : null;
  return (Array.isArray(said) ? said : []).filter(isRecord).map((budget) => ({
    name: textOf(budget['name']),
    per: textOf(budget['per']),
    usd: textOf(budget['usd']),
    period: textOf(budget['period']),
    onExceeded: textOf(budget['onExceeded']),
  }));
}

export function Budgets() {
  const { call } = useSession();
  const read = useCallback((signal: AbortSignal) => call('GET /config', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read);
  const budgets = value === null ? null : budgetsIn(value.config);
  return (
    <Panel title="Budgets">
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {budgets === null && problem === null && <Skeleton />}
      {budgets?.length === 0 && (
        <p className="empty">No budgets. They are declared under budgets in the file.</p>
      )}
      {budgets !== null && budgets.length > 0 && (
        <DataTable
          caption="Budgets"
          rows={budgets}
          keyOf={({ name }) => name}
          columns={[
            { title: 'Name', cell: ({ name }) => <code>{name}</code> },
            { title: 'For each', cell: ({ per }) => <Maybe text={per} none="the gateway" /> },
            { title: 'USD', isNumber: true, cell: ({ usd }) => usd },
            { title: 'In a', cell: ({ period }) => period },
            { title: 'When it is spent', cell: ({ onExceeded }) => onExceeded },
          ]}
        />
      )}
    </Panel>
  );
}
