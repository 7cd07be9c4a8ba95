/** What would be decided about one call, by which role and which rule. Nothing is sent or counted. */
import { type FormEvent, useRef, useState } from 'react';

import type { ExplanationView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import { rich } from '../messages/rich.tsx';
import { DataTable } from '../parts/data-table.tsx';
import { type Field, filled, type Values, valueOf, wordsOf } from '../parts/fields.ts';
import { FieldInput, valuesOf } from '../parts/form-dialog.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { Maybe, Panel, Pill, Problem } from '../parts.tsx';
import { NOTHING_WRONG, wrongOf } from '../parts/fields.ts';
import { useSession } from '../session.ts';
import { usePlace } from '../shell/router.tsx';
import { EffectiveRights, type Whom } from './effective-rights.tsx';

const ACTIONS = ['chat', 'embeddings', 'count-tokens', 'models'] as const;

const fieldsFrom = (query: URLSearchParams): readonly Field[] => [
  { name: 'user', label: t('User'), value: query.get('user') ?? '' },
  {
    name: 'serviceAccount',
    label: t('Service account'),
    value: query.get('serviceAccount') ?? '',
  },
  { name: 'team', label: t('Team'), value: query.get('team') ?? '' },
  {
    name: 'key',
    label: t('Key'),
    value: query.get('key') ?? '',
    help: t('The id of one that exists: it is asked about as it is, with its scope.'),
  },
  {
    name: 'roles',
    label: t('Roles of the key or token'),
    value: query.get('roles') ?? '',
    help: t('Those of bindings are found.'),
  },
  { name: 'model', label: t('Model'), value: query.get('model') ?? 'demo', isRequired: true },
  {
    name: 'action',
    label: t('Action'),
    kind: 'choice',
    value: 'chat',
    options: ACTIONS.map((value) => ({ value })),
  },
  { name: 'tools', label: t('Tools that the call offers') },
  { name: 'ip', label: t('From the address'), help: t('Empty: 127.0.0.1.') },
  { name: 'time', label: t('At'), help: t('Such as 2026-11-27T18:00:00Z. Empty: now.') },
];

function questionOf(values: Values, tenant: string) {
  const [roles, tools] = ['roles', 'tools'].map((name) => wordsOf(valueOf(values, name)));
  return {
    principal: {
      tenant,
      roles: roles ?? [],
      ...filled('user', valueOf(values, 'user')),
      ...filled('serviceAccount', valueOf(values, 'serviceAccount')),
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
  const form = useRef<HTMLFormElement>(null);
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
  /** Without the key: cases are of roles, and of what bindings say. */
  const whom = (): Whom | null => {
    if (form.current === null || choice.tenant === '') return null;
    const { principal, request } = questionOf(valuesOf(form.current), choice.tenant);
    const { key: _key, ...rest } = principal;
    return { principal: rest, request };
  };
  return (
    <>
      <Panel title={t('The call')} tools={<TenantSelect choice={choice} isOne />}>
        <form ref={form} className="stack" onSubmit={ask}>
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
          <Problem text={wrong.problem ?? choice.problem} />
          <div className="row">
            <button type="submit" className="main" disabled={isBusy || choice.tenant === ''}>
              {isBusy ? t('Asking…') : t('Explain')}
            </button>
          </div>
        </form>
      </Panel>
      {answer !== null && <Answer answer={answer} />}
      <EffectiveRights key={choice.tenant} whom={whom} />
    </>
  );
}

const OUTCOMES: Readonly<Record<string, string>> = {
  applies: t('applies'),
  'action-differs': t('is about other actions'),
  'model-differs': t('is about other models'),
  'tools-not-covered': t('does not cover the tools'),
  'tools-not-offered': t('is about tools that are not offered'),
  'condition-unmet': t('its condition is not met'),
  'condition-failed': t('its condition could not be evaluated'),
};

const ORIGINS = {
  proof: t('its key or token'),
  binding: t('a binding'),
  scope: t('the scope of the key'),
  parent: t('the key above'),
} as const;

function Answer({ answer }: { readonly answer: ExplanationView }) {
  const { decision, reason, rule, roles, rules, deniedTools } = answer;
  return (
    <Panel title={t('The answer')}>
      <p className="verdict" role="status">
        <Pill tone={decision === 'allow' ? 'good' : 'bad'}>
          {decision === 'allow' ? t('Allowed') : t('Denied')}
        </Pill>{' '}
        {rule !== null && <>{rich('by the rule {rule} ', { rule: <code>{rule}</code> })}</>}
        {reason !== null && <>{rich('because {reason}', { reason: <code>{reason}</code> })}</>}
      </p>
      {deniedTools.length > 0 && (
        <p>
          {rich('Tools that are denied: {deniedTools}.', { deniedTools: deniedTools.join(', ') })}
        </p>
      )}
      <p>
        {rich('Roles: {roles}', {
          roles:
            roles.length === 0
              ? t('none.')
              : roles
                  .map(({ role, from, isKnown }) =>
                    isKnown
                      ? t('{role} (by {from})', { role, from: ORIGINS[from] })
                      : t('{role} (by {from}, which is not known here)', {
                          role,
                          from: ORIGINS[from],
                        }),
                  )
                  .join(', '),
        })}
      </p>
      <DataTable
        caption={t('Rules that were asked')}
        rows={rules}
        keyOf={(one) => one.rule}
        columns={[
          { title: t('Rule'), cell: (one) => <code>{one.rule}</code> },
          { title: t('Kind'), cell: ({ kind }) => kind },
          {
            title: t('What it says'),
            cell: ({ outcome }) => (
              <Pill tone={outcome === 'applies' ? 'good' : 'plain'}>
                {OUTCOMES[outcome] ?? outcome}
              </Pill>
            ),
          },
          { title: t('When'), cell: ({ when }) => <Maybe text={when} none={t('always')} /> },
        ]}
      />
    </Panel>
  );
}
