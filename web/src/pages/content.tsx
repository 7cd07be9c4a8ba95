/** Leave to see what was said: asked for with a reason, agreed to by another person, over after a while. */
import { useCallback } from 'react';

import type { LeaveView } from '../../../src/admin/audit-contract.ts';

import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled, FormProblem, tenantField, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { useTenant } from '../parts/tenants.tsx';
import { useList } from '../parts/use-list.ts';
import { Pill, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { usePlace } from '../shell/router.tsx';
import { ShownContent } from './shown-content.tsx';

export default function Content() {
  const { call } = useSession();
  const read = useCallback(
    (_asked: object, signal: AbortSignal) => call('GET /content-leaves', { signal }),
    [call],
  );
  const list = useList(read);
  const ask = useAsk(list.reload);
  const actions = useActions(list.reload);
  return (
    <Listing
      caption="Leaves to see content"
      list={list}
      keyOf={({ id }) => id}
      empty="Nobody has asked. What was said is encrypted, and shown to nobody without leave."
      columns={[
        { title: 'Tenant', cell: ({ tenant }) => tenant },
        { title: 'Reason', cell: ({ reason }) => reason },
        { title: 'Asked by', cell: ({ asker }) => <code>{asker}</code> },
        { title: 'Minutes', isNumber: true, cell: ({ minutes }) => minutes },
        {
          title: 'State',
          cell: ({ agreedBy }) => (
            <Pill tone={agreedBy === null ? 'warn' : 'good'}>
              {agreedBy === null ? 'waits for another person' : `agreed by ${agreedBy}`}
            </Pill>
          ),
        },
        { title: 'Over', cell: ({ endsAt }) => <Time at={endsAt} /> },
      ]}
      actions={actions}
      tools={<NewButton by="POST /content-leaves" text="Ask for leave" run={ask} />}
    />
  );
}

function useActions(reload: () => void): (leave: LeaveView) => readonly Action[] {
  const { call, may } = useSession();
  const { query } = usePlace();
  const desk = useDesk();
  return ({ id, reason, asker, agreedBy }) => {
    const params = { id };
    const agree = (): void =>
      desk.confirm({
        title: 'Agree?',
        text: `${asker} asks to see what was said: “${reason}”.`,
        verb: 'Agree',
        run: async () => {
          await call('POST /content-leaves/{id}/agree', { params });
          desk.say('Agreed.');
          reload();
        },
      });
    const reveal = (): void =>
      desk.form({
        title: 'Show what was said',
        verb: 'Show it',
        fields: [
          {
            name: 'ref',
            label: 'Content reference',
            isRequired: true,
            // A request that links here says which text it means.
            value: query.get('ref') ?? '',
            help: 'The contentRef of the record in the log.',
          },
        ],
        submit: async (values) => {
          const body = { ref: valueOf(values, 'ref').trim() };
          const content = await call('POST /content-leaves/{id}/reveal', { params, body });
          desk.open('What was said', () => <ShownContent content={content} />, true);
        },
      });
    return [
      ...(agreedBy === null && may('POST /content-leaves/{id}/agree')
        ? [{ label: 'Agree', of: reason, run: agree }]
        : []),
      ...(agreedBy !== null && may('POST /content-leaves/{id}/reveal')
        ? [{ label: 'Reveal', of: reason, run: reveal }]
        : []),
    ];
  };
}

function useAsk(reload: () => void): () => void {
  const { call } = useSession();
  const desk = useDesk();
  const { tenants } = useTenant();
  return () =>
    desk.form({
      title: 'Ask for leave',
      intro:
        'What you then see is recorded each time. Where the tenant wants it, another person has to agree first.',
      verb: 'Ask',
      fields: [
        tenantField(tenants),
        { name: 'reason', label: 'Reason', isRequired: true },
        { name: 'minutes', label: 'For how many minutes', value: '30' },
      ],
      submit: async (values) => {
        const minutes = Number(valueOf(values, 'minutes') || '30');
        if (!Number.isInteger(minutes)) throw new FormProblem('Write whole minutes.');
        const body = {
          reason: valueOf(values, 'reason').trim(),
          minutes,
          ...filled('tenant', valueOf(values, 'tenant')),
        };
        await call('POST /content-leaves', { body });
        reload();
      },
    });
}
