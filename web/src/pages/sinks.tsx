/** Receivers of audit records: how far each is, and a marked event to try one. */
import { useCallback } from 'react';

import type { AdminSink } from '../../../src/admin/sink-contract.ts';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import type { Action, Column } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { Listing } from '../parts/listing.tsx';
import { useList } from '../parts/use-list.ts';
import { Maybe, Pill } from '../parts.tsx';
import { useSession } from '../session.ts';
import { stateText } from '../state-text.ts';

const COLUMNS: readonly Column<AdminSink>[] = [
  { title: t('Name'), cell: ({ name }) => <code>{name}</code> },
  { title: t('Type'), cell: ({ type }) => type },
  {
    title: t('State'),
    cell: ({ state, lastError }) => (
      <Pill tone={lastError === null ? 'good' : 'warn'}>{stateText(state)}</Pill>
    ),
  },
  { title: t('Required'), cell: ({ isRequired }) => (isRequired ? t('yes') : t('no')) },
  { title: t('Behind, records'), isNumber: true, cell: ({ lagRecords }) => lagRecords },
  {
    title: t('Behind, seconds'),
    isNumber: true,
    cell: ({ lagMs }) => Math.round(lagMs / 1_000),
  },
  { title: t('Delivered'), isNumber: true, cell: ({ delivered }) => delivered },
  { title: t('Failures'), isNumber: true, cell: ({ failures }) => failures },
  {
    title: t('Last failure'),
    cell: ({ lastError }) => <Maybe text={lastError} none={t('none')} />,
  },
];

export default function Sinks() {
  const { call, may } = useSession();
  const desk = useDesk();
  const read = useCallback(
    (_asked: object, signal: AbortSignal) => call('GET /audit/sinks', { signal }),
    [call],
  );
  const list = useList(read);
  const actions = ({ name }: AdminSink): readonly Action[] => {
    const test = (): void => {
      call('POST /audit/sinks/{name}/test', { params: { name } })
        .then(({ isDelivered, problem, ms }) =>
          desk.say(
            isDelivered
              ? t('{name} took it in {ms} ms.', { name, ms: Math.round(ms) })
              : `${name}: ${problem ?? t('failed')}`,
            isDelivered ? 'good' : 'bad',
          ),
        )
        .catch((thrown: unknown) => desk.say(messageOf(thrown), 'bad'));
    };
    return may('POST /audit/sinks/{name}/test') ? [{ label: t('Test'), of: name, run: test }] : [];
  };
  return (
    <Listing
      caption={t('Sinks')}
      list={list}
      keyOf={({ name }) => name}
      empty={t(
        'Records go nowhere but to the log. Receivers are declared under audit.sinks in the file.',
      )}
      columns={COLUMNS}
      actions={actions}
      tools={
        <button type="button" onClick={list.reload}>
          {t('Read again')}
        </button>
      }
    />
  );
}
