/** Receivers of audit records: how far each is, and a marked event to try one. */
import { useCallback } from 'react';

import type { AdminSink } from '../../../src/admin/sink-contract.ts';

import { messageOf } from '../api.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { Listing } from '../parts/listing.tsx';
import { useList } from '../parts/use-list.ts';
import { Maybe, Pill } from '../parts.tsx';
import { useSession } from '../session.ts';

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
              ? `${name} took it in ${Math.round(ms)} ms.`
              : `${name}: ${problem ?? 'failed'}`,
            isDelivered ? 'good' : 'bad',
          ),
        )
        .catch((thrown: unknown) => desk.say(messageOf(thrown), 'bad'));
    };
    return may('POST /audit/sinks/{name}/test') ? [{ label: 'Test', of: name, run: test }] : [];
  };
  return (
    <Listing
      caption="Sinks"
      list={list}
      keyOf={({ name }) => name}
      empty="Records go nowhere but to the log. Receivers are declared under audit.sinks in the file."
      columns={[
        { title: 'Name', cell: ({ name }) => <code>{name}</code> },
        { title: 'Type', cell: ({ type }) => type },
        {
          title: 'State',
          cell: ({ state, lastError }) => (
            <Pill tone={lastError === null ? 'good' : 'warn'}>{state}</Pill>
          ),
        },
        { title: 'Required', cell: ({ isRequired }) => (isRequired ? 'yes' : 'no') },
        { title: 'Behind, records', isNumber: true, cell: ({ lagRecords }) => lagRecords },
        {
          title: 'Behind, seconds',
          isNumber: true,
          cell: ({ lagMs }) => Math.round(lagMs / 1_000),
        },
        { title: 'Delivered', isNumber: true, cell: ({ delivered }) => delivered },
        { title: 'Failures', isNumber: true, cell: ({ failures }) => failures },
        { title: 'Last failure', cell: ({ lastError }) => <Maybe text={lastError} none="none" /> },
      ]}
      actions={actions}
      tools={
        <button type="button" onClick={list.reload}>
          Read again
        </button>
      }
    />
  );
}
