/** What runs: addresses, the audit chain, deployments, requests in flight. Read every three seconds. */
import { useCallback } from 'react';

import type { AdminStatus, DeploymentStatus } from '../../../src/admin/status-contract.ts';

import { t } from '../messages/message.ts';
import { useDesk } from '../parts/desk.tsx';
import { Skeleton } from '../parts/listing.tsx';
import { Fact, Maybe, Panel, Pill, ProblemBar, Time } from '../parts.tsx';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';
import { useLoaded } from '../use-loaded.ts';
import { DeploymentTable } from './deployment-table.tsx';
import { WorkerTable } from './worker-table.tsx';

const EVERY_MS = 3_000;

export function WhatRuns() {
  const { call } = useSession();
  const read = useCallback((signal: AbortSignal) => call('GET /status', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read, EVERY_MS);
  return (
    <>
      {problem !== null && <ProblemBar problem={problem} retry={reload} />}
      {value === null && problem === null && <Skeleton />}
      {value !== null && <Numbers status={value} />}
      {value !== null && <Facts status={value} onReloaded={reload} />}
      {value !== null && value.workers.length > 0 && (
        <Panel title={t('Workers')}>
          <WorkerTable workers={value.workers} />
        </Panel>
      )}
      {value !== null && (
        <Panel title={t('Deployments')} tools={<Link page="models">{t('Models and prices')}</Link>}>
          <DeploymentTable deployments={value.deployments} />
        </Panel>
      )}
    </>
  );
}

const isOut = ({ breaker }: DeploymentStatus): boolean => breaker === 'open';

/** What somebody looks at first, in an order that does not change. */
function Numbers({ status: { audit, deployments, inFlight, workers } }: StatusProps) {
  const out = deployments.filter(isOut).length;
  const records = workers.reduce((sum, { lastSeq }) => sum + lastSeq, audit.lastSeq);
  return (
    <div className="numbers">
      <Number name={t('Requests in flight')} value={inFlight} />
      <Number name={t('Records')} value={records} />
      <Number
        name={t('Audit log')}
        value={audit.state === 'ok' ? t('keeps its records') : t('degraded: calls are refused')}
        tone={audit.state === 'ok' ? 'good' : 'bad'}
      />
      <Number
        name={t('Deployments')}
        value={
          out === 0
            ? t('{deployments} of {deployments2} take calls', {
                deployments: deployments.length,
                deployments2: deployments.length,
              })
            : t('{out} of {deployments} are left out', { out, deployments: deployments.length })
        }
        tone={out === 0 ? 'good' : 'bad'}
      />
    </div>
  );
}

interface StatusProps {
  readonly status: AdminStatus;
}

interface NumberProps {
  readonly name: string;
  readonly value: number | string;
  readonly tone?: 'good' | 'bad';
}

function Number({ name, value, tone }: NumberProps) {
  return (
    <div className="number-card">
      <span className="quiet">{name}</span>
      <strong className={tone ?? ''}>{value}</strong>
    </div>
  );
}

/** What was kept last, and where; a keeper that has failed is told of before. */
function LastAnchor({ anchors }: Pick<AdminStatus['audit'], 'anchors'>) {
  if (anchors.length === 0) return <Maybe text={null} none={t('no anchors')} />;
  const failed = anchors.find(({ problem }) => problem !== null);
  const [newest] = anchors.toSorted((a, b) => (b.keptAt ?? '').localeCompare(a.keptAt ?? ''));
  return (
    <>
      {failed !== undefined && <Pill tone="bad">{t('{name} fails', { name: failed.name })}</Pill>}{' '}
      <Time at={newest?.keptAt ?? null} never={t('none yet')} />{' '}
      <span className="quiet">{newest?.name}</span>
    </>
  );
}

function Facts({ status, onReloaded }: StatusProps & { readonly onReloaded: () => void }) {
  const { call, may } = useSession();
  const desk = useDesk();
  const { addresses, audit, lastReload } = status;
  const reread = (): void =>
    desk.confirm({
      title: t('Read the configuration file again?'),
      text: t('It is applied whole or not at all; requests that run are not touched.'),
      verb: t('Read it'),
      run: async () => {
        await call('POST /reload', {});
        desk.say(t('The file is in force.'));
        onReloaded();
      },
    });
  const button = may('POST /reload') && (
    <button type="button" onClick={reread}>
      {t('Read the file again')}
    </button>
  );
  return (
    <Panel title={t('What runs')} tools={button}>
      <dl className="facts">
        <Fact name={t('Data plane')}>
          <code>{addresses.data}</code>
        </Fact>
        <Fact name={t('Admin')}>
          <code>{addresses.admin}</code>
        </Fact>
        <Fact name={t('Version')}>{status.version}</Fact>
        <Fact name={t('Since')}>
          <Time at={status.startedAt} />
        </Fact>
        <Fact name={t('Configuration')}>
          <code>{status.configPath ?? t('built in (demo)')}</code>
        </Fact>
        <Fact name={t('Policy')}>
          <code title={status.policyVersion}>{status.policyVersion.slice(0, 12)}</code>
        </Fact>
        <Fact name={t('Last reload')}>
          {lastReload !== null && (
            <Pill tone={lastReload.isApplied ? 'good' : 'bad'}>
              {lastReload.isApplied ? t('applied') : t('refused')}
            </Pill>
          )}{' '}
          <Time at={lastReload?.at ?? null} never={t('none since the start')} />
        </Fact>
        <Fact name={t('Chain head')}>
          <code title={audit.head}>{audit.head.slice(0, 16)}…</code>
        </Fact>
        <Fact name={t('Newest checkpoint')}>
          <Time at={audit.signedAt} never={t('none yet')} />
        </Fact>
        <Fact name={t('Last anchor')}>
          <LastAnchor anchors={audit.anchors} />
        </Fact>
      </dl>
    </Panel>
  );
}
