/** Leave to see what was said: asked for with a reason, agreed to by another person, over after a while. */
import { useCallback } from 'react';

import type { LeaveView } from '../../../src/admin/audit-contract.ts';

import { t } from '../messages/message.ts';
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
      caption={t('Leaves to see content')}
      list={list}
      keyOf={({ id }) => id}
      empty={t('Nobody has asked. What was said is encrypted, and shown to nobody without leave.')}
      columns={[
        { title: t('Tenant'), cell: ({ tenant }) => tenant },
        { title: t('Reason'), cell: ({ reason }) => reason },
        { title: t('Asked by'), cell: ({ asker }) => <code>{asker}</code> },
        { title: t('Minutes'), isNumber: true, cell: ({ minutes }) => minutes },
        {
          title: t('State'),
          cell: ({ agreedBy }) => (
            <Pill tone={agreedBy === null ? 'warn' : 'good'}>
              {agreedBy === null
                ? t('waits for another person')
                : t('agreed by {agreedBy}', { agreedBy })}
            </Pill>
          ),
        },
        { title: t('Over'), cell: ({ endsAt }) => <Time at={endsAt} /> },
      ]}
      actions={actions}
      tools={<NewButton by="POST /content-leaves" text={t('Ask for leave')} run={ask} />}
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
        title: t('Agree?'),
        text: t('{asker} asks to see what was said: “{reason}”.', { asker, reason }),
        verb: t('Agree'),
        run: async () => {
          await call('POST /content-leaves/{id}/agree', { params });
          desk.say(t('Agreed.'));
          reload();
        },
      });
    const reveal = (): void =>
      desk.form({
        title: t('Show what was said'),
        verb: t('Show it'),
        fields: [
          {
            name: 'ref',
            label: t('Content reference'),
            isRequired: true,
            // A request that links here says which text it means.
            value: query.get('ref') ?? '',
            help: t('The contentRef of the record in the log.'),
          },
        ],
        submit: async (values) => {
          const body = { ref: valueOf(values, 'ref').trim() };
          const content = await call('POST /content-leaves/{id}/reveal', { params, body });
          desk.open(t('What was said'), () => <ShownContent content={content} />, true);
        },
      });
    return [
      ...(agreedBy === null && may('POST /content-leaves/{id}/agree')
        ? [{ label: t('Agree'), of: reason, run: agree }]
        : []),
      ...(agreedBy !== null && may('POST /content-leaves/{id}/reveal')
        ? [{ label: t('Reveal'), of: reason, run: reveal }]
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
      title: t('Ask for leave'),
      intro: t(
        'What you then see is recorded each time. Where the tenant wants it, another person has to agree first.',
      ),
      verb: t('Ask'),
      fields: [
        tenantField(tenants),
        { name: 'reason', label: t('Reason'), isRequired: true },
        { name: 'minutes', label: t('For how many minutes'), value: '30' },
      ],
      submit: async (values) => {
        const minutes = Number(valueOf(values, 'minutes') || '30');
        if (!Number.isInteger(minutes)) throw new FormProblem(t('Write whole minutes.'));
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
