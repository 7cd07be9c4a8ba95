/** Runs: agents at work, with their caps, what they have spent, and an end to one. */
import { useCallback } from 'react';

import type { RunView } from '../../../src/admin/run-contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled } from '../parts/fields.ts';
import { Listing, Skeleton } from '../parts/listing.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Fact, Maybe, Pill, Problem, Time } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { stateText } from '../state-text.ts';

export default function Runs() {
  const { call } = useSession();
  const choice = useTenant();
  const { tenant } = choice;
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call('GET /runs', { query: { ...asked, ...filled('tenant', tenant) }, signal }),
    [call, tenant],
  );
  const list = useList(read);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption={t('Runs')}
      list={list}
      keyOf={({ id }) => id}
      textOf={({ id, name, user, key }) => `${id} ${name ?? ''} ${user ?? ''} ${key}`}
      empty={t('No runs. An agent mints one with its key, at POST /v1/runs.')}
      columns={[
        { title: t('Run'), cell: ({ id }) => <code title={id}>{id}</code> },
        { title: t('Name'), cell: ({ name }) => <Maybe text={name} /> },
        { title: t('Tenant'), cell: ({ tenant: of }) => of },
        { title: t('User'), cell: ({ user }) => <Maybe text={user} /> },
        { title: t('Below'), cell: ({ parent }) => <Maybe text={parent} none={t('its key')} /> },
        { title: t('State'), cell: (run) => <RunState run={run} /> },
        { title: t('Cap, USD'), isNumber: true, cell: ({ usd }) => usd ?? '–' },
        { title: t('Cap, calls'), isNumber: true, cell: ({ calls }) => calls ?? '–' },
        { title: t('Ends'), cell: ({ expiresAt }) => <Time at={expiresAt} /> },
      ]}
      actions={actions}
      tools={<TenantSelect choice={choice} />}
    />
  );
}

function RunState({ run: { endedAt, expiresAt } }: { readonly run: RunView }) {
  if (endedAt !== null) return <Pill tone="plain">{t('ended')}</Pill>;
  if (Date.parse(expiresAt) <= Date.now()) return <Pill tone="plain">{t('over')}</Pill>;
  return <Pill tone="good">{t('live')}</Pill>;
}

function useActions(reload: () => void): (run: RunView) => readonly Action[] {
  const { call, may } = useSession();
  const desk = useDesk();
  return ({ id, name, endedAt, expiresAt }) => {
    const of = name ?? id;
    const look = (): void => desk.open(of, () => <RunFacts id={id} />);
    const end = (): void =>
      desk.confirm({
        title: t('End {of}?', { of }),
        text: t('Its token stops working at once, with all runs below it.'),
        verb: t('End the run'),
        isDanger: true,
        run: async () => {
          await call('DELETE /runs/{id}', { params: { id } });
          desk.say(t('The run is ended.'));
          reload();
        },
      });
    const isLive = endedAt === null && Date.parse(expiresAt) > Date.now();
    return [
      ...(may('GET /runs/{id}') ? [{ label: t('Spent'), of, run: look }] : []),
      ...(isLive && may('DELETE /runs/{id}')
        ? [{ label: t('End'), of, isDanger: true, run: end }]
        : []),
    ];
  };
}

function RunFacts({ id }: { readonly id: string }) {
  const { call } = useSession();
  const read = useCallback(
    (signal: AbortSignal) => call('GET /runs/{id}', { params: { id }, signal }),
    [call, id],
  );
  const { value, problem } = useLoaded(read);
  if (value === null) return problem === null ? <Skeleton /> : <Problem text={problem} />;
  return (
    <dl className="facts">
      <Fact name={t('State')}>{stateText(value.state)}</Fact>
      <Fact name={t('Spent, USD')}>{value.spentUsd}</Fact>
      <Fact name={t('Calls')}>{value.spentCalls}</Fact>
      <Fact name={t('Depth left')}>{value.depth}</Fact>
      <Fact name={t('Models')}>{value.models?.join(', ') ?? t('as its key')}</Fact>
      <Fact name={t('Tools')}>{value.tools?.join(', ') ?? t('as its key')}</Fact>
      <Fact name={t('Key')}>
        <code>{value.key}</code>
      </Fact>
      <Fact name={t('Begun')}>
        <Time at={value.createdAt} />
      </Fact>
    </dl>
  );
}
