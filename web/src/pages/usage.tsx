/** What was used, by whom, when, and what it cost. Sums are made here, of what the ledger says. */
import { useCallback } from 'react';

import type { UsageView } from '../../../src/admin/usage-contract.ts';

import { locale, t } from '../messages/message.ts';
import { csvOf } from '../parts/csv.ts';
import { DataTable } from '../parts/data-table.tsx';
import { filled } from '../parts/fields.ts';
import { Skeleton } from '../parts/listing.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { download, Maybe, Panel, ProblemBar } from '../parts.tsx';
import { useSession } from '../session.ts';
import { choose, usePlace } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';
import { Statement } from './statement.tsx';
import { TimeChart } from './time-chart.tsx';
import {
  DIMENSIONS,
  type Dimension,
  MEASURES,
  type Measure,
  measured,
  optionIn,
  type Range,
  RANGES,
  readUsage,
  seriesOf,
  startOf,
  totalsOf,
} from './usage-sums.ts';

const zone = new Intl.DateTimeFormat().resolvedOptions().timeZone;

export default function Usage() {
  const { call } = useSession();
  const { query } = usePlace();
  const choice = useTenant();
  const { tenant } = choice;
  const range = optionIn<Range>(query.get('range'), RANGES, 'month');
  const by = optionIn<Dimension>(query.get('by'), DIMENSIONS, 'model');
  const measure = optionIn<Measure>(query.get('measure'), MEASURES, 'cost');
  const read = useCallback(
    (signal: AbortSignal) => {
      const step = range === 'today' ? 'hour' : 'day';
      const from = startOf(range, new Date()).toISOString();
      const asked = { from, by: step, timeZone: zone, ...filled('tenant', tenant) } as const;
      return readUsage(call, asked, signal);
    },
    [call, tenant, range],
  );
  const { value, problem, reload } = useLoaded(read);
  return (
    <>
      <div className="tools plain-tools">
        <TenantSelect choice={choice} />
        <Choice name="range" title={t('Range')} value={range} options={RANGES} />
        <Choice name="by" title={t('Grouped by')} value={by} options={DIMENSIONS} />
        <Choice name="measure" title={t('Show')} value={measure} options={MEASURES} />
      </div>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      <Panel title={t('{measure} by {by}', { measure: MEASURES[measure], by: DIMENSIONS[by] })}>
        {value === null && problem === null && <Skeleton />}
        {value !== null && value.lines.length === 0 && (
          <p className="empty">{t('Nothing was used in this time.')}</p>
        )}
        {value !== null && value.lines.length > 0 && (
          <TimeChart
            series={seriesOf(value.lines, { by, measure, range }, new Date())}
            textOf={(amount) => measured(amount, measure)}
          />
        )}
        {value?.isCut === true && (
          <p className="problem">
            {t('There is more than this page reads: choose a tenant or less time.')}
          </p>
        )}
      </Panel>
      {value !== null && value.lines.length > 0 && (
        <Totals lines={totalsOf(value.lines, by)} by={by} all={value.lines} />
      )}
      {tenant !== '' && (
        <Statement
          key={`${tenant} ${range}`}
          tenant={tenant}
          from={startOf(range, new Date()).toISOString()}
        />
      )}
    </>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly title: string;
  readonly value: string;
  readonly options: Readonly<Record<string, string>>;
}

function Choice({ name, title, value, options }: ChoiceProps) {
  const { page, query } = usePlace();
  return (
    <label className="inline">
      {title}
      <select
        value={value}
        onChange={(event) =>
          choose(page, { ...Object.fromEntries(query), [name]: event.target.value })
        }
      >
        {Object.entries(options).map(([option, label]) => (
          <option key={option} value={option}>
            {label}
          </option>
        ))}
      </select>
    </label>
  );
}

interface TotalsProps {
  readonly lines: ReturnType<typeof totalsOf>;
  readonly by: Dimension;
  readonly all: readonly UsageView[];
}

/** Every line of the ledger that was read, by all that lines are told apart by. */
const COLUMNS = [
  'from',
  'to',
  'tenant',
  'team',
  'user',
  'key',
  'model',
  'provider',
  'priceVersion',
  'requests',
  'inputTokens',
  'outputTokens',
  'cacheReadTokens',
  'cacheWriteTokens',
  'reasoningTokens',
  'costNanoUsd',
] as const;

function Totals({ lines, by, all }: TotalsProps) {
  const save = (): void => download('usage.csv', 'text/csv', csvOf(COLUMNS, all));
  const button = (
    <button type="button" onClick={save}>
      {t('Download every line as CSV')}
    </button>
  );
  return (
    <Panel title={t('Sums')} tools={button}>
      <DataTable
        caption={t('Sums')}
        rows={lines}
        keyOf={({ name }) => name}
        columns={[
          { title: DIMENSIONS[by], cell: ({ name }) => <Maybe text={name} none={t('none')} /> },
          {
            title: t('Requests'),
            isNumber: true,
            cell: ({ requests }) => requests.toLocaleString(locale()),
          },
          {
            title: t('Tokens in'),
            isNumber: true,
            cell: ({ inputTokens }) => inputTokens.toLocaleString(locale()),
          },
          {
            title: t('Tokens out'),
            isNumber: true,
            cell: ({ outputTokens }) => outputTokens.toLocaleString(locale()),
          },
          {
            title: t('Cost, USD'),
            isNumber: true,
            cell: ({ costNanoUsd }) => measured(costNanoUsd, 'cost'),
          },
        ]}
      />
    </Panel>
  );
}
