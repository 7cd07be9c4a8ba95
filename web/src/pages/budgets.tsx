/** Budgets as they stand: spent, held, and where that leads. */
import { useCallback } from 'react';

import type { BudgetView } from '../../../src/admin/limits-contract.ts';

import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { filled } from '../parts/fields.ts';
import { Skeleton } from '../parts/listing.tsx';
import { Meter } from '../parts/meter.tsx';
import { Maybe, Panel, Pill, ProblemBar, Time, type Tone } from '../parts.tsx';
import { moneyText } from '../series/amounts.ts';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';

const EVERY_MS = 10_000;

export const nameText = (names: readonly (string | null)[]): string =>
  names.map((name) => name ?? t('none')).join(' · ');

interface BudgetsProps {
  readonly tenant: string;
  /** Those alone that are past a line, or lead past their end. */
  readonly isNearOnly?: boolean;
}

export function Budgets({ tenant, isNearOnly = false }: BudgetsProps) {
  const { call } = useSession();
  const read = useCallback(
    (signal: AbortSignal) => call('GET /budgets', { query: filled('tenant', tenant), signal }),
    [call, tenant],
  );
  const { value, problem, reload } = useLoaded(read, EVERY_MS);
  const rows = value?.items.filter((budget) => !isNearOnly || isNear(budget)) ?? null;
  return (
    <Panel
      title={isNearOnly ? t('Budgets near their lines') : t('Budgets')}
      tools={<Link page="usage">{t('Usage and statements')}</Link>}
    >
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {rows === null && problem === null && <Skeleton />}
      {rows?.length === 0 && (
        <p className="empty">
          {isNearOnly
            ? t('None is near its line, or on the way past its end.')
            : t(
                'No budget has counted anything yet. They are declared under `budgets` in the configuration.',
              )}
        </p>
      )}
      {rows !== null && rows.length > 0 && (
        <DataTable
          caption={t('Budgets')}
          rows={rows}
          keyOf={({ name, names }) => `${name} ${nameText(names)}`}
          columns={[
            { title: t('Budget'), cell: ({ name }) => <code>{name}</code> },
            { title: t('Of'), cell: ({ names }) => nameText(names) },
            { title: t('Until'), cell: ({ to }) => <Time at={to} /> },
            { title: t('Used'), cell: (budget) => <Spent budget={budget} /> },
            {
              title: t('Held now'),
              isNumber: true,
              cell: ({ heldNanoUsd }) => moneyText(heldNanoUsd),
            },
            { title: t('At this pace'), cell: (budget) => <Pace budget={budget} /> },
          ]}
        />
      )}
    </Panel>
  );
}

const wholeOf = ({ amountNanoUsd, carriedNanoUsd }: BudgetView): number =>
  amountNanoUsd + carriedNanoUsd;

function toneOf({ alertAt, spentNanoUsd, ...budget }: BudgetView): Tone {
  const part = spentNanoUsd / wholeOf({ alertAt, spentNanoUsd, ...budget });
  if (part >= 1) return 'bad';
  return alertAt.some((line) => part >= line) ? 'warn' : 'good';
}

const isNear = (budget: BudgetView): boolean =>
  toneOf(budget) !== 'good' || budget.usedUpAt !== null;

function Spent({ budget }: { readonly budget: BudgetView }) {
  const whole = wholeOf(budget);
  const text = t('{spent} of {whole}', {
    spent: moneyText(budget.spentNanoUsd),
    whole: moneyText(whole),
  });
  return <Meter part={budget.spentNanoUsd / whole} tone={toneOf(budget)} text={text} />;
}

function Pace({ budget }: { readonly budget: BudgetView }) {
  const { forecastNanoUsd, usedUpAt } = budget;
  if (forecastNanoUsd === null) return <Maybe text={null} none={t('it has only begun')} />;
  if (usedUpAt === null)
    return (
      <>{rich('{forecastNanoUsd} at the end', { forecastNanoUsd: moneyText(forecastNanoUsd) })}</>
    );
  return (
    <>
      {rich('{forecastNanoUsd} used up {usedUpAt}', {
        forecastNanoUsd: <Pill tone="bad">{moneyText(forecastNanoUsd)}</Pill>,
        usedUpAt: <Time at={usedUpAt} />,
      })}
    </>
  );
}
