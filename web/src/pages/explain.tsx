/** What would be decided about one call, by which role and which rule. Nothing is sent or counted. */
import { type FormEvent, useState } from 'react';

import type { ExplanationView } from '../../../src/admin/contract.ts';

import { DataTable } from '../parts/data-table.tsx';
import { type Field, filled, type Values, valueOf, wordsOf } from '../parts/fields.ts';
import { FieldInput, valuesOf } from '../parts/form-dialog.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { Maybe, Panel, Pill, Problem } from '../parts.tsx';
import { NOTHING_WRONG, wrongOf } from '../parts/fields.ts';
import { useSession } from '../session.ts';
import { usePlace } from '../shell/router.tsx';

const ACTIONS = ['chat', 'embeddings', 'count-tokens', 'models'] as const;

const fieldsFrom = (query: URLSearchParams): readonly Field[] => [
  { name: 'user', label: 'User', value: query.get('user') ?? '' },
  { name: 'team', label: 'Team', value: query.get('team') ?? '' },
  {
    name: 'key',
    label: 'Key',
    value: query.get('key') ?? '',
    help: 'The id of one that exists: it is asked about as it is, with its scope.',
  },
  {
    name: 'roles',
    label: 'Roles of the key or token',
    value: query.get('roles') ?? '',
    help: 'Those of bindings are found.',
  },
  { name: 'model', label: 'Model', value: query.get('model') ?? 'demo', isRequired: true },
  {
    name: 'action',
    label: 'Action',
    kind: 'choice',
    value: 'chat',
    options: ACTIONS.map((value) => ({ value })),
  },
  { name: 'tools', label: 'Tools that the call offers' },
  { name: 'ip', label: 'From the address', help: 'Empty: 127.0.0.1.' },
  { name: 'time', label: 'At', help: 'Such as 2026-11-27T18:00:00Z. Empty: now.' },
];

function questionOf(values: Values, tenant: string) {
  const [roles, tools] = ['roles', 'tools'].map((name) => wordsOf(valueOf(values, name)));
  return {
    principal: {
      tenant,
      roles: roles ?? [],
      ...filled('user', valueOf(values, 'user')),
      ...filled('team', valueOf(values, 'team')),
      ...filled('key', valueOf(values, 'key')),
    },
    call: {
      model: valueOf(values, 'model').trim(),
      action: ACTIONS.find((one) => one === values['action']) ?? 'chat',
      tools: tools ?? [],
    },
    request: { ...filled('ip', valueOf(values, 'ip')), ...filled('time', valueOf(values, 'time')) },
  };
}

export default function Explain() {
  const { call } = useSession();
  const choice = useTenant(true);
  const { query } = usePlace();
  const [answer, setAnswer] = useState<ExplanationView | null>(null);
  const [wrong, setWrong] = useState(NOTHING_WRONG);
  const [isBusy, setIsBusy] = useState(false);
  const fields = fieldsFrom(query);
  const ask = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setIsBusy(true);
    setWrong(NOTHING_WRONG);
    call('POST /policy/explain', { body: questionOf(valuesOf(event.currentTarget), choice.tenant) })
      .then(setAnswer)
      .catch((thrown: unknown) => {
        setAnswer(null);
        setWrong(wrongOf(thrown, fields));
      })
      .finally(() => setIsBusy(false));
  };
  return (
    <>
      <Panel title="The call" tools={<TenantSelect choice={choice} isOne />}>
        <form className="stack" onSubmit={ask}>
          <div className="grid">
            {fields.map((field) => (
              <FieldInput
                marksOptional={false}
                key={field.name}
                field={field}
                problem={wrong.byField[field.name] ?? wrong.byField[`principal.${field.name}`]}
              />
            ))}
          </div>
          <Problem text={wrong.problem} />
          <div className="row">
            <button type="submit" className="main" disabled={isBusy || choice.tenant === ''}>
              {isBusy ? 'Asking…' : 'Explain'}
            </button>
          </div>
        </form>
      </Panel>
      {answer !== null && <Answer answer={answer} />}
    </>
  );
}

const OUTCOMES: Readonly<Record<string, string>> = {
  applies: 'applies',
  'action-differs': 'is about other actions',
  'model-differs': 'is about other models',
  'tools-not-covered': 'does not cover the tools',
  'tools-not-offered': 'is about tools that are not offered',
  'condition-unmet': 'its condition is not met',
  'condition-failed': 'its condition could not be evaluated',
};

const ORIGINS = {
  proof: 'its key or token',
  binding: 'a binding',
  scope: 'the scope of the key',
  parent: 'the key above',
} as const;

function Answer({ answer }: { readonly answer: ExplanationView }) {
  const { decision, reason, rule, roles, rules, deniedTools } = answer;
  return (
    <Panel title="The answer">
      <p className="verdict" role="status">
        <Pill tone={decision === 'allow' ? 'good' : 'bad'}>
          {decision === 'allow' ? 'Allowed' : 'Denied'}
        </Pill>{' '}
        {rule !== null && (
          <>
            by the rule <code>{rule}</code>{' '}
          </>
        )}
        {reason !== null && (
          <>
            because <code>{reason}</code>
          </>
        )}
      </p>
      {deniedTools.length > 0 && <p>Tools that are denied: {deniedTools.join(', ')}.</p>}
      <p>
        Roles:{' '}
        {roles.length === 0
          ? 'none.'
          : roles
              .map(
                ({ role, from, isKnown }) =>
                  `${role} (by ${ORIGINS[from]}${isKnown ? '' : ', which is not known here'})`,
              )
              .join(', ')}
      </p>
      <DataTable
        caption="Rules that were asked"
        rows={rules}
        keyOf={(one) => one.rule}
        columns={[
          { title: 'Rule', cell: (one) => <code>{one.rule}</code> },
          { title: 'Kind', cell: ({ kind }) => kind },
          {
            title: 'What it says',
            cell: ({ outcome }) => (
              <Pill tone={outcome === 'applies' ? 'good' : 'plain'}>
                {OUTCOMES[outcome] ?? outcome}
              </Pill>
            ),
          },
          { title: 'When', cell: ({ when }) => <Maybe text={when} none="always" /> },
        ]}
      />
    </Panel>
  );
}
