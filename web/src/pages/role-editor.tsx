/** The rules of one role, as a form. Conditions are checked by the gateway, at their field. */
import { type FormEvent, useEffect, useRef, useState } from 'react';

import type { RoleView, RuleView } from '../../../src/admin/contract.ts';

import type { Call } from '../api.ts';
import { t } from '../messages/message.ts';
import {
  type Field,
  NOTHING_WRONG,
  type Values,
  valueOf,
  wordsOf,
  wrongOf,
} from '../parts/fields.ts';
import { FieldInput, valuesOf } from '../parts/form-dialog.tsx';
import { Problem } from '../parts.tsx';
import { useSession } from '../session.ts';
import { type Draft, RoleCases } from './role-cases.tsx';

type Kind = 'allow' | 'deny';

interface RuleDraft {
  readonly id: number;
  readonly kind: Kind;
  readonly rule: RuleView;
}

interface RoleEditorProps {
  readonly tenant: string;
  /** Null: a new one. */
  readonly role: RoleView | null;
  readonly onDone: () => void;
}

const EMPTY: RuleView = { actions: ['chat'], models: ['*'] };
const ACTIONS = ['chat', 'embeddings', 'count-tokens', 'models', '*'] as const;
const NAME: Field = { name: 'name', label: t('Name'), isRequired: true };

const draftsOf = (role: RoleView | null): readonly RuleDraft[] =>
  role === null
    ? [{ id: 0, kind: 'allow', rule: EMPTY }]
    : [
        ...role.allow.map((rule) => ({ kind: 'allow' as const, rule })),
        ...role.deny.map((rule) => ({ kind: 'deny' as const, rule })),
      ].map((draft, id) => ({ ...draft, id }));

/** The place of a draft in the list that the gateway is sent: problems name it so. */
const placeOf = (drafts: readonly RuleDraft[], { id, kind }: RuleDraft): string =>
  `${kind}.${drafts.filter((one) => one.kind === kind).findIndex((one) => one.id === id)}`;

export function RoleEditor({ tenant, role, onDone }: RoleEditorProps) {
  const { call, may } = useSession();
  const form = useRef<HTMLFormElement>(null);
  const [drafts, setDrafts] = useState(() => draftsOf(role));
  const [wrong, setWrong] = useState(NOTHING_WRONG);
  const [isBusy, setIsBusy] = useState(false);
  const add = (kind: Kind): void => {
    const id = Math.max(0, ...drafts.map((draft) => draft.id)) + 1;
    setDrafts([...drafts, { id, kind, rule: EMPTY }]);
  };
  const draft = (): Draft => {
    const values = form.current === null ? {} : valuesOf(form.current);
    return { name: role?.name ?? nameIn(values), ...rulesOf(drafts, values) };
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const shown = [NAME, ...drafts.flatMap((draft) => fieldsOf(placeOf(drafts, draft), draft))];
    setIsBusy(true);
    save(call, { tenant, role }, drafts, valuesOf(event.currentTarget))
      .then(onDone)
      .catch((thrown: unknown) => setWrong(wrongOf(thrown, shown)))
      .finally(() => setIsBusy(false));
  };
  return (
    <form className="stack" onSubmit={submit} ref={form}>
      {role === null && <FieldInput field={NAME} problem={wrong.byField['name']} />}
      {drafts.map((draft) => (
        <RuleFields
          key={draft.id}
          fields={fieldsOf(placeOf(drafts, draft), draft)}
          legend={draft.kind === 'allow' ? t('Allows') : t('Denies')}
          problems={wrong.byField}
          onRemove={() => setDrafts(drafts.filter(({ id }) => id !== draft.id))}
        />
      ))}
      <div className="row">
        <button type="button" onClick={() => add('allow')}>
          {t('Allow something more')}
        </button>
        <button type="button" onClick={() => add('deny')}>
          {t('Deny something')}
        </button>
      </div>
      {may('POST /policy/test') && <RoleCases tenant={tenant} draft={draft} />}
      <Problem text={wrong.problem} />
      <footer className="modal-foot">
        <button type="submit" className="main" disabled={isBusy}>
          {role === null ? t('Make the role') : t('Save the role')}
        </button>
      </footer>
    </form>
  );
}

type Edited = Pick<RoleEditorProps, 'tenant' | 'role'>;

/** A role without a name is tried under one that nobody has. */
const nameIn = (values: Values): string => {
  const name = valueOf(values, 'name').trim();
  return name === '' ? 'a-new-role' : name;
};

function rulesOf(drafts: readonly RuleDraft[], values: Values) {
  const rules = (kind: Kind) =>
    drafts
      .filter((draft) => draft.kind === kind)
      .map((draft) => ruleOf(values, placeOf(drafts, draft), kind));
  return { allow: rules('allow'), deny: rules('deny') };
}

async function save(
  call: Call,
  { tenant, role }: Edited,
  drafts: readonly RuleDraft[],
  values: Values,
): Promise<void> {
  const body = rulesOf(drafts, values);
  if (role === null) {
    const made = { ...body, name: valueOf(values, 'name').trim() };
    await call('POST /tenants/{tenant}/roles', { params: { tenant }, body: made });
    return;
  }
  const params = { tenant, name: role.name };
  const version = role.version ?? 0;
  await call('PATCH /tenants/{tenant}/roles/{name}', { params, version, body });
}

const list = (words: readonly string[] | undefined): string => (words ?? []).join(', ');

function fieldsOf(place: string, { kind, rule }: RuleDraft): readonly Field[] {
  return [
    {
      name: `${place}.actions`,
      label: t('Actions'),
      value: list(rule.actions),
      isRequired: true,
      help: t('Of {actions}.', { actions: ACTIONS.join(', ') }),
    },
    { name: `${place}.models`, label: t('Models'), value: list(rule.models), isRequired: true },
    { name: `${place}.tools`, label: t('Tools'), value: list(rule.tools), help: t('Empty: all.') },
    ...(kind === 'allow'
      ? [
          {
            name: `${place}.guards`,
            label: t('Guards that must read it'),
            value: list(rule.guards),
          },
        ]
      : []),
    {
      name: `${place}.when`,
      label: t('When (CEL)'),
      value: rule.when ?? '',
      help: t('Such as request.hour < 18 && principal.team == "research". Empty: always.'),
    },
  ];
}

function ruleOf(values: Values, place: string, kind: Kind) {
  const words = (name: string) => wordsOf(valueOf(values, `${place}.${name}`));
  const actions = words('actions');
  const [tools, guards, when] = [words('tools'), words('guards'), valueOf(values, `${place}.when`)];
  return {
    // What is no action is left for the gateway to refuse, at its field: none that is known remains.
    actions: ACTIONS.filter((one) => actions.includes(one)),
    models: words('models'),
    ...(tools.length > 0 && { tools }),
    ...(kind === 'allow' && guards.length > 0 && { guards }),
    ...(when.trim() !== '' && { when: when.trim() }),
  };
}

/** A pause that is long enough for a word. */
const PAUSE_MS = 400;

/** A condition is checked by the gateway while it is written: what it says is what saving would say. */
function useConditionCheck() {
  const { call } = useSession();
  const [problem, setProblem] = useState<string | null>(null);
  const timer = useRef<number | undefined>(undefined);
  const under = useRef<AbortController | null>(null);
  useEffect(
    () => () => {
      window.clearTimeout(timer.current);
      under.current?.abort();
    },
    [],
  );
  const check = ({ target }: FormEvent<HTMLFieldSetElement>): void => {
    if (!(target instanceof HTMLInputElement) || !target.name.endsWith('.when')) return;
    const when = target.value.trim();
    window.clearTimeout(timer.current);
    under.current?.abort();
    setProblem(null);
    if (when === '') return;
    timer.current = window.setTimeout(() => {
      const left = new AbortController();
      under.current = left;
      call('GET /policy/condition', { query: { when }, signal: left.signal })
        .then((told) => setProblem(told.problem))
        // What saving says counts; this is a hint that did not come.
        .catch(() => {});
    }, PAUSE_MS);
  };
  return { problem, check };
}

interface RuleFieldsProps {
  readonly fields: readonly Field[];
  readonly legend: string;
  readonly problems: Readonly<Record<string, string>>;
  readonly onRemove: () => void;
}

function RuleFields({ fields, legend, problems, onRemove }: RuleFieldsProps) {
  const { problem, check } = useConditionCheck();
  const problemOf = (name: string): string | undefined =>
    (name.endsWith('.when') ? problem : null) ?? problems[name];
  return (
    <fieldset className="rule" onInput={check}>
      <legend>{legend}</legend>
      <div className="grid">
        {fields.map((field) => (
          <FieldInput key={field.name} field={field} problem={problemOf(field.name)} />
        ))}
      </div>
      <button type="button" className="ghost bad" onClick={onRemove}>
        {t('Remove this rule')}
      </button>
    </fieldset>
  );
}
