/** Rules on metrics: what fires, what is about to, and what is kept quiet for a while. */
import { useCallback } from 'react';

import type {
  AdminAlertRule,
  AdminAlertSilence,
  AdminAlertState,
} from '../../../src/admin/alert-contract.ts';

import { locale, t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled, FormProblem, valueOf } from '../parts/fields.ts';
import { Listing, Skeleton } from '../parts/listing.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Maybe, Panel, Pill, ProblemBar, Time, type Tone } from '../parts.tsx';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { stateText } from '../state-text.ts';

const EVERY_MS = 5_000;

export default function Alerts() {
  const { call } = useSession();
  const readRules = useCallback(
    (signal: AbortSignal) => call('GET /alert-rules', { signal }),
    [call],
  );
  const rules = useLoaded(readRules, EVERY_MS);
  const readSilences = useCallback(
    (asked: Asked, signal: AbortSignal) => call('GET /alert-silences', { query: asked, signal }),
    [call],
  );
  const silences = useList<AdminAlertSilence>(readSilences);
  const silence = useSilence(rules.value?.items ?? [], silences.reload);
  return (
    <>
      <Panel title={t('Rules')}>
        {rules.problem !== null && <ProblemBar problem={rules.problem} retry={rules.reload} />}
        {rules.value === null && rules.problem === null && <Skeleton />}
        {rules.value?.items.length === 0 && (
          <p className="empty">
            {t('No rules. They are declared under `alertRules` in the configuration.')}
          </p>
        )}
        {rules.value !== null && rules.value.items.length > 0 && (
          <Rules rules={rules.value.items} silence={silence} />
        )}
      </Panel>
      <Silences list={silences} silence={silence} />
    </>
  );
}

type Silence = (rule: string, subject: string) => void;

interface Line {
  readonly rule: AdminAlertRule;
  /** Null: nothing of the rule is worth a word. */
  readonly state: AdminAlertState | null;
}

const linesOf = (rules: readonly AdminAlertRule[]): readonly Line[] =>
  rules.flatMap((rule): readonly Line[] =>
    rule.states.length === 0
      ? [{ rule, state: null }]
      : rule.states.map((state) => ({ rule, state })),
  );

const TONES: Readonly<Record<AdminAlertState['state'], Tone>> = {
  pending: 'warn',
  firing: 'bad',
  resolved: 'good',
};

function Rules({
  rules,
  silence,
}: {
  readonly rules: readonly AdminAlertRule[];
  readonly silence: Silence;
}) {
  const { may } = useSession();
  return (
    <DataTable
      caption={t('Rules')}
      rows={linesOf(rules)}
      keyOf={({ rule, state }) => `${rule.name} ${state?.subject ?? ''}`}
      columns={[
        { title: t('Rule'), cell: ({ rule }) => <code>{rule.name}</code> },
        { title: t('State'), cell: ({ state }) => <State state={state} /> },
        {
          title: t('About'),
          cell: ({ state }) => <Maybe text={state?.subject ?? null} none={t('the gateway')} />,
        },
        { title: t('Looks at'), cell: ({ rule }) => rule.type },
        { title: t('Line'), isNumber: true, cell: ({ rule }) => rule.threshold },
        { title: t('Now'), isNumber: true, cell: ({ state }) => numberText(state?.value ?? null) },
        { title: t('Since'), cell: ({ state }) => <Time at={state?.since ?? null} never="–" /> },
        { title: t('Severity'), cell: ({ rule }) => stateText(rule.severity) },
        {
          title: t('Tells'),
          cell: ({ rule }) => <Maybe text={rule.receivers.join(', ')} none={t('nobody')} />,
        },
      ]}
      actions={({ rule, state }) =>
        may('POST /alert-silences')
          ? [
              {
                label: t('Silence'),
                of: `${rule.name} ${state?.subject ?? ''}`,
                run: () => silence(rule.name, state?.subject ?? ''),
              },
            ]
          : []
      }
    />
  );
}

function State({ state }: { readonly state: AdminAlertState | null }) {
  if (state === null) return <Pill tone="good">{t('well')}</Pill>;
  return (
    <>
      <Pill tone={TONES[state.state]}>{stateText(state.state)}</Pill>
      {state.isSilenced && <span className="quiet">{t('silenced')}</span>}
    </>
  );
}

const fine = new Intl.NumberFormat(locale(), { maximumSignificantDigits: 4 });
const numberText = (value: number | null): string => (value === null ? '–' : fine.format(value));

interface SilencesProps {
  readonly list: ReturnType<typeof useList<AdminAlertSilence>>;
  readonly silence: Silence;
}

function Silences({ list, silence }: SilencesProps) {
  const { call, may } = useSession();
  const desk = useDesk();
  const actions = ({ id, reason, endsAt }: AdminAlertSilence): readonly Action[] => {
    const end = (): void =>
      desk.confirm({
        title: t('End this silence?'),
        text: t('“{reason}”. What still fires is told at the next look.', { reason }),
        verb: t('End it'),
        run: async () => {
          await call('DELETE /alert-silences/{id}', { params: { id } });
          desk.say(t('It is ended.'));
          list.reload();
        },
      });
    const isOver = Date.parse(endsAt) < Date.now();
    return may('DELETE /alert-silences/{id}') && !isOver
      ? [{ label: t('End'), of: reason, run: end }]
      : [];
  };
  return (
    <Listing
      caption={t('Silences')}
      isTitled
      list={list}
      keyOf={({ id }) => id}
      empty={t('Nothing is kept quiet.')}
      columns={[
        { title: t('Rule'), cell: ({ rule }) => <Maybe text={rule} none={t('every rule')} /> },
        {
          title: t('About'),
          cell: ({ subject }) => <Maybe text={subject} none={t('all of it')} />,
        },
        { title: t('Why'), cell: ({ reason }) => reason },
        { title: t('By'), cell: ({ createdBy }) => <code>{createdBy}</code> },
        { title: t('Until'), cell: ({ endsAt }) => <Time at={endsAt} /> },
      ]}
      actions={actions}
      tools={
        <NewButton by="POST /alert-silences" text={t('New silence')} run={() => silence('', '')} />
      }
    />
  );
}

const HOURS = {
  '1': t('an hour'),
  '4': t('4 hours'),
  '24': t('a day'),
  '168': t('a week'),
} as const;

function useSilence(rules: readonly AdminAlertRule[], reload: () => void): Silence {
  const { call } = useSession();
  const desk = useDesk();
  return (rule, subject) =>
    desk.form({
      title: t('Keep it quiet'),
      intro: t(
        'What fires meanwhile is seen here and told to nobody; what still fires then is told then.',
      ),
      verb: t('Silence it'),
      fields: [
        {
          name: 'rule',
          label: t('Rule'),
          kind: 'choice',
          value: rule,
          options: [
            { value: '', label: t('every rule') },
            ...rules.map(({ name }) => ({ value: name })),
          ],
        },
        {
          name: 'subject',
          label: t('About'),
          value: subject,
          help: t('A tenant, deployment, sink, anchor or listener. Empty: all of it.'),
        },
        {
          name: 'hours',
          label: t('For'),
          kind: 'choice',
          value: '4',
          options: Object.entries(HOURS).map(([value, label]) => ({ value, label })),
        },
        { name: 'reason', label: t('Why'), isRequired: true, help: t('It is written to the log.') },
      ],
      submit: async (values) => {
        const hours = Number(valueOf(values, 'hours'));
        if (!(hours > 0)) throw new FormProblem(t('Choose for how long.'));
        const body = {
          reason: valueOf(values, 'reason').trim(),
          endsAt: new Date(Date.now() + hours * 3_600_000).toISOString(),
          ...filled('rule', valueOf(values, 'rule')),
          ...filled('subject', valueOf(values, 'subject')),
        };
        await call('POST /alert-silences', { body });
        desk.say(t('It is quiet.'));
        reload();
      },
    });
}
