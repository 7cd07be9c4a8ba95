/** What a tenant is to pay for a time: a line a model, provider and price, and the sum. */
import { useCallback } from 'react';

import type { StatementView } from '../../../src/admin/usage-contract.ts';

import { locale, t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { csvOf } from '../parts/csv.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { download, Maybe, Panel, ProblemBar, Time } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { measured } from './usage-sums.ts';

interface StatementProps {
  readonly tenant: string;
  readonly from: string;
}

export function Statement({ tenant, from }: StatementProps) {
  const { call } = useSession();
  const read = useCallback(
    (signal: AbortSignal) =>
      call('GET /statements/{tenant}', { params: { tenant }, query: { from }, signal }),
    [call, tenant, from],
  );
  const { value, problem, reload } = useLoaded(read);
  const button = value !== null && (
    <button
      type="button"
      onClick={() => download(`statement-${tenant}.csv`, 'text/csv', csvOf(COLUMNS, value.lines))}
    >
      {t('Download as CSV')}
    </button>
  );
  return (
    <Panel title={t('Statement of {tenant}', { tenant })} tools={button}>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && <Lines statement={value} />}
    </Panel>
  );
}

function Lines({ statement }: { readonly statement: StatementView }) {
  const { from, to, lines, requests, costNanoUsd } = statement;
  return (
    <>
      <p>
        {rich('{from} to {to}: {requests} requests, {cost}', {
          from: <Time at={from} />,
          to: <Time at={to} />,
          requests: requests.toLocaleString(locale()),
          cost: <strong>{t('{usd} USD', { usd: measured(costNanoUsd, 'cost') })}</strong>,
        })}
      </p>
      {lines.length > 0 && (
        <DataTable
          caption={t('Lines of the statement')}
          rows={lines}
          keyOf={({ model, provider, priceVersion }) => `${model} ${provider} ${priceVersion}`}
          columns={[
            { title: t('Model'), cell: ({ model }) => <code>{model}</code> },
            { title: t('Provider'), cell: ({ provider }) => <Maybe text={provider} /> },
            {
              title: t('Price'),
              cell: ({ priceVersion }) => <Maybe text={priceVersion} none={t('none')} />,
            },
            {
              title: t('Requests'),
              isNumber: true,
              cell: (line) => line.requests.toLocaleString(locale()),
            },
            {
              title: t('Cost, USD'),
              isNumber: true,
              cell: (line) => measured(line.costNanoUsd, 'cost'),
            },
          ]}
        />
      )}
    </>
  );
}

const COLUMNS = [
  'model',
  'provider',
  'priceVersion',
  'requests',
  'inputTokens',
  'outputTokens',
  'costNanoUsd',
] as const;
