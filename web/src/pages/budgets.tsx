/** Budgets as they stand: spent, held, and where that leads. */
import { useCallback } from 'react';

import type { BudgetView } from '../../../src/admin/limits-contract.ts';

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
  names.map((name) => name ?? 'none').join(' · ');

interface BudgetsProps {
  readonly tenant: string;
  /** Those alone that are past a line, or lead past their end; nothing where there is none. */
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
  if (isNearOnly && (rows === null || rows.length === 0)) return null;
  return (
    <Panel
      title={isNearOnly ? 'Budgets near their lines' : 'Budgets'}
      tools={<Link page="usage">Usage and statements</Link>}
    >
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {rows === null && problem === null && <Skeleton />}
      {rows?.length === 0 && (
        <p className="empty">
          No budget has counted anything yet. They are declared under `budgets` in the
          configuration.
        </p>
      )}
      {rows !== null && rows.length > 0 && (
        <DataTable
          caption="Budgets"
          rows={rows}
          keyOf={({ name, names }) => `${name} ${nameText(names)}`}
          columns={[
            { title: 'Budget', cell: ({ name }) => <code>{name}</code> },
            { title: 'Of', cell: ({ names }) => nameText(names) },
            { title: 'Until', cell: ({ to }) => <Time at={to} /> },
            { title: 'Used', cell: (budget) => <Spent budget={budget} /> },
            {
              title: 'Held now',
              isNumber: true,
              cell: ({ heldNanoUsd }) => moneyText(heldNanoUsd),
            },
            { title: 'At this pace', cell: (budget) => <Pace budget={budget} /> },
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
  const text = `${moneyText(budget.spentNanoUsd)} of ${moneyText(whole)}`;
  return <Meter part={budget.spentNanoUsd / whole} tone={toneOf(budget)} text={text} />;
}

function Pace({ budget }: { readonly budget: BudgetView }) {
  const { forecastNanoUsd, usedUpAt } = budget;
  if (forecastNanoUsd === null) return <Maybe text={null} none="it has only begun" />;
  if (usedUpAt === null) return <>{moneyText(forecastNanoUsd)} at the end</>;
  return (
    <>
      <Pill tone="bad">{moneyText(forecastNanoUsd)}</Pill> used up <Time at={usedUpAt} />
    </>
  );
}
