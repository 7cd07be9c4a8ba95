/** The names that callers use: where their calls go, how those places are, and what they cost. */
import { useCallback } from 'react';

import type { ModelView } from '../../../src/admin/contract.ts';
import type { DeploymentStatus } from '../../../src/admin/status-contract.ts';

import { t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Maybe, Panel, Pill, ProblemBar } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { DeploymentSeries } from './deployment-series.tsx';
import { DeploymentTable, TONES, WORDS } from './deployment-table.tsx';

const EVERY_MS = 5_000;

interface Read {
  readonly models: readonly ModelView[];
  readonly deployments: readonly DeploymentStatus[];
}

interface Route {
  /** As the status names it. */
  readonly id: string;
  readonly model: ModelView;
  readonly at: ModelView['deployments'][number];
  readonly share: number;
}

export default function Models() {
  const { call, may } = useSession();
  const read = useCallback(
    async (signal: AbortSignal): Promise<Read> => {
      const [models, status] = await Promise.all([
        call('GET /models', { signal }),
        call('GET /status', { signal }),
      ]);
      return { models: models.items, deployments: status.deployments };
    },
    [call],
  );
  const { value, problem, reload } = useLoaded(read, EVERY_MS);
  return (
    <>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && <ModelTable {...value} />}
      {value !== null && (
        <Panel title={t('Deployments')}>
          <DeploymentTable deployments={value.deployments} />
        </Panel>
      )}
      {may('GET /series') && <DeploymentSeries />}
    </>
  );
}

const routesOf = (models: readonly ModelView[]): readonly Route[] =>
  models.flatMap((model) => {
    const all = model.deployments.reduce((sum, { weight }) => sum + weight, 0);
    return model.deployments.map((at, index) => ({
      id: `${model.id}/${at.provider}/${at.model}/${index}`,
      model,
      at,
      share: all === 0 ? 0 : at.weight / all,
    }));
  });

/** A state that is not told is not made up. */
const stateOf = (deployments: readonly DeploymentStatus[], { id }: Route) =>
  deployments.find((deployment) => deployment.id === id)?.breaker ?? null;

function ModelTable({ models, deployments }: Read) {
  if (models.length === 0) {
    return (
      <Panel title={t('Models')}>
        <p className="empty">{t('No models. Add one under Configuration, or in the file.')}</p>
      </Panel>
    );
  }
  return (
    <Panel title={t('Models')}>
      <DataTable
        caption={t('Models')}
        rows={routesOf(models)}
        keyOf={({ id }) => id}
        columns={[
          { title: t('Model'), cell: ({ model }) => <code>{model.id}</code> },
          { title: t('Provider'), cell: ({ at }) => at.provider },
          { title: t('Model there'), cell: ({ at }) => <code>{at.model}</code> },
          { title: t('Weight'), isNumber: true, cell: ({ at }) => at.weight },
          {
            title: t('Share'),
            isNumber: true,
            cell: ({ share }) => `${Math.round(share * 100)} %`,
          },
          {
            title: t('Health'),
            cell: (route) => {
              const breaker = stateOf(deployments, route);
              if (breaker === null) return <Maybe text={null} />;
              return <Pill tone={TONES[breaker]}>{WORDS[breaker]}</Pill>;
            },
          },
          {
            title: t('Input, USD a million'),
            isNumber: true,
            cell: ({ at }) => at.price?.inputPerMTok ?? '–',
          },
          {
            title: t('Output, USD a million'),
            isNumber: true,
            cell: ({ at }) => at.price?.outputPerMTok ?? '–',
          },
          {
            title: t('Price from'),
            cell: ({ at }) => <Maybe text={at.price?.version ?? null} none={t('not known')} />,
          },
        ]}
      />
      <p className="quiet">
        {t(
          'What has no price is counted and costs nothing here, and is refused where a budget holds. Prices are declared with a model, in a file of prices, or come with the gateway.',
        )}
      </p>
    </Panel>
  );
}
