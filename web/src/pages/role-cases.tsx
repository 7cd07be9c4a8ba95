/** Test cases of a role that is being written: who asks for what, what is expected, what would be decided. */
import { useState } from 'react';

import type { CaseResultView } from '../../../src/admin/contract.ts';

import { messageOf, type RequestOf } from '../api.ts';
import { t } from '../messages/message.ts';
import { DataTable } from '../parts/data-table.tsx';
import { Pill, Problem } from '../parts.tsx';
import { useSession } from '../session.ts';

type Body = RequestOf<'POST /policy/test'>['body'];
export type Draft = NonNullable<Body['draft']>;

interface Case {
  readonly id: number;
  readonly user: string;
  readonly model: string;
  readonly tools: string;
  readonly time: string;
  readonly expect: 'allow' | 'deny';
}

interface RoleCasesProps {
  readonly tenant: string;
  /** What is written now; throws for what cannot be sent. */
  readonly draft: () => Draft;
}

const CASES_MAX = 20;
const EMPTY: Omit<Case, 'id'> = { user: 'ann', model: '', tools: '', time: '', expect: 'allow' };

export function RoleCases({ tenant, draft }: RoleCasesProps) {
  const { call } = useSession();
  const [cases, setCases] = useState<readonly Case[]>([{ ...EMPTY, id: 0 }]);
  const [results, setResults] = useState<readonly CaseResultView[] | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const set = (id: number, part: Partial<Case>): void => {
    setResults(null);
    setCases(cases.map((one) => (one.id === id ? { ...one, ...part } : one)));
  };
  const run = (): void => {
    setProblem(null);
    const role = draft();
    const body = { tenant, draft: role, cases: cases.map((one) => caseOf(tenant, role.name, one)) };
    call('POST /policy/test', { body })
      .then((told) => setResults(told.results))
      .catch((thrown: unknown) => setProblem(messageOf(thrown)));
  };
  return (
    <fieldset className="rule">
      <legend>{t('Test cases')}</legend>
      <p className="help">
        {t(
          'Somebody with this role, as it is written above, and what their other roles and keys say. Nothing is kept.',
        )}
      </p>
      {cases.map((one) => (
        <CaseFields key={one.id} one={one} onChange={(part) => set(one.id, part)} />
      ))}
      <div className="row">
        <button
          type="button"
          disabled={cases.length >= CASES_MAX}
          onClick={() =>
            setCases([...cases, { ...EMPTY, id: Math.max(...cases.map(({ id }) => id)) + 1 }])
          }
        >
          {t('One more case')}
        </button>
        <button
          type="button"
          disabled={cases.some(({ model }) => model.trim() === '')}
          onClick={run}
        >
          {t('Try them')}
        </button>
      </div>
      <Problem text={problem} />
      {results !== null && <Results results={results} />}
    </fieldset>
  );
}

function caseOf(tenant: string, role: string, { id: _id, user, model, tools, time, expect }: Case) {
  const names = tools.split(/[\s,]+/u).filter((name) => name !== '');
  return {
    principal: { tenant, roles: [role], ...(user.trim() !== '' && { user: user.trim() }) },
    call: { model: model.trim(), tools: names },
    ...(time !== '' && { request: { time: new Date(time).toISOString() } }),
    expect,
  };
}

interface CaseFieldsProps {
  readonly one: Case;
  readonly onChange: (part: Partial<Case>) => void;
}

function CaseFields({ one, onChange }: CaseFieldsProps) {
  const of = t('of case {number}', { number: one.id + 1 });
  return (
    <div className="row">
      <input
        aria-label={t('User {of}', { of })}
        placeholder="user"
        value={one.user}
        onChange={({ target }) => onChange({ user: target.value })}
      />
      <input
        aria-label={t('Model {of}', { of })}
        placeholder="model"
        value={one.model}
        onChange={({ target }) => onChange({ model: target.value })}
      />
      <input
        aria-label={t('Tools {of}', { of })}
        placeholder={t('tools, or none')}
        value={one.tools}
        onChange={({ target }) => onChange({ tools: target.value })}
      />
      <input
        type="datetime-local"
        aria-label={t('Time {of}', { of })}
        value={one.time}
        onChange={({ target }) => onChange({ time: target.value })}
      />
      <select
        aria-label={t('Expected {of}', { of })}
        value={one.expect}
        onChange={({ target }) => onChange({ expect: target.value === 'deny' ? 'deny' : 'allow' })}
      >
        <option value="allow">{t('is allowed')}</option>
        <option value="deny">{t('is denied')}</option>
      </select>
    </div>
  );
}

function Results({ results }: { readonly results: readonly CaseResultView[] }) {
  return (
    <DataTable
      caption={t('What would be decided')}
      rows={results.map((result, index) => ({ ...result, number: index + 1 }))}
      keyOf={({ number }) => String(number)}
      columns={[
        { title: t('Case'), isNumber: true, cell: ({ number }) => number },
        {
          title: t('As expected'),
          cell: ({ isAsExpected }) => (
            <Pill tone={isAsExpected ? 'good' : 'bad'}>{isAsExpected ? t('yes') : t('no')}</Pill>
          ),
        },
        { title: t('Decided'), cell: ({ decision }) => decision },
        { title: t('Why'), cell: ({ rule, reason }) => rule ?? reason ?? '–' },
      ]}
    />
  );
}
