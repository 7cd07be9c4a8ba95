/** What is left of every limit and budget, and where the money of a period leads. */
import { useCallback } from 'react';

import type { CounterView, LimitView } from '../../../src/admin/limits-contract.ts';

import { t } from '../messages/message.ts';
import { type Column, DataTable } from '../parts/data-table.tsx';
import { filled } from '../parts/fields.ts';
import { Skeleton } from '../parts/listing.tsx';
import { Meter } from '../parts/meter.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { Panel, ProblemBar } from '../parts.tsx';
import { countText } from '../series/amounts.ts';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { Budgets, nameText } from './budgets.tsx';

const EVERY_MS = 3_000;

export default function Limits() {
  const choice = useTenant();
  return (
    <>
      <div className="tools plain-tools">
        <TenantSelect choice={choice} />
      </div>
      <Budgets tenant={choice.tenant} />
      <Counters tenant={choice.tenant} />
    </>
  );
}

interface Row extends CounterView {
  readonly limit: LimitView;
}

/** Several gateways count together: what this one was told with its own calls is of then. */
const HEARD: Column<Row> = {
  title: t('Heard, seconds ago'),
  isNumber: true,
  cell: ({ heardSeconds }) => heardSeconds,
};

function Counters({ tenant }: { readonly tenant: string }) {
  const { call } = useSession();
  const read = useCallback(
    (signal: AbortSignal) => call('GET /limits', { query: filled('tenant', tenant), signal }),
    [call, tenant],
  );
  const { value, problem, reload } = useLoaded(read, EVERY_MS);
  const rows: readonly Row[] = (value?.items ?? []).flatMap((limit) =>
    limit.counters.map((counter) => ({ ...counter, limit })),
  );
  const isShared = value?.items.some((limit) => limit.isShared) === true;
  return (
    <Panel title={t('Limits')}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && rows.length === 0 && (
        <p className="empty">{emptyText(value.items, isShared)}</p>
      )}
      {rows.length > 0 && (
        <DataTable
          caption={t('Limits')}
          rows={rows}
          keyOf={({ limit, names }) => `${limit.name} ${limit.unit} ${nameText(names)}`}
          columns={[
            { title: t('Limit'), cell: ({ limit }) => <code>{limit.name}</code> },
            { title: t('Of'), cell: ({ names }) => nameText(names) },
            { title: t('Counts'), cell: ({ limit }) => ruleText(limit) },
            { title: t('Used'), cell: (row) => <Used row={row} /> },
            {
              title: t('Full again in'),
              isNumber: true,
              cell: ({ resetSeconds, limit }) =>
                limit.windowSeconds === 0 ? '–' : `${resetSeconds} s`,
            },
            ...(isShared ? [HEARD] : []),
          ]}
        />
      )}
    </Panel>
  );
}

function emptyText(limits: readonly LimitView[], isShared: boolean): string {
  if (limits.length === 0)
    return t('No limits. They are declared under `limits` in the configuration, or added there.');
  return isShared
    ? t(
        'Several gateways count together, and this one has asked for none of them in the last ten minutes.',
      )
    : t('Nothing is used of any limit now.');
}

function ruleText({ amount, unit, windowSeconds, algorithm }: LimitView): string {
  if (algorithm === 'concurrency')
    return t('{amount} calls at once', { amount: countText(amount) });
  return t('{amount} {unit} in {windowSeconds} s, {algorithm}', {
    amount: countText(amount),
    unit,
    windowSeconds,
    algorithm,
  });
}

function Used({ row: { limit, remaining } }: { readonly row: Row }) {
  const used = Math.max(0, limit.amount - remaining);
  const tone = remaining === 0 ? 'bad' : used / limit.amount > 0.8 ? 'warn' : 'good';
  const text = t('{used} of {amount}', { used: countText(used), amount: countText(limit.amount) });
  return <Meter part={used / limit.amount} tone={tone} text={text} />;
}
