/** What is kept of a person: given to them, or forgotten. The receipt is shown once, and can be a file. */
import { type FormEvent, useRef, useState } from 'react';

import type { ErasureView } from '../../../src/admin/audit-contract.ts';

import { t } from '../messages/message.ts';
import { useDesk } from '../parts/desk.tsx';
import {
  type Field,
  filled,
  NOTHING_WRONG,
  type Values,
  valueOf,
  type Wrong,
  wrongOf,
} from '../parts/fields.ts';
import { FieldInput, valuesOf } from '../parts/form-dialog.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { download, Fact, Panel, Problem, Time } from '../parts.tsx';
import { useSession } from '../session.ts';
import { Link } from '../shell/router.tsx';
import { type Person, SubjectExport } from './subject-export.tsx';

const BASES = ['gdpr-17', 'contract', 'mistake', 'other'] as const;

const FIELDS: readonly Field[] = [
  { name: 'user', label: t('User'), help: t('Who called, as keys and tokens name them.') },
  { name: 'endUser', label: t('End user'), help: t('On whose behalf an application called.') },
  {
    name: 'basis',
    label: t('Why'),
    kind: 'choice',
    value: 'gdpr-17',
    options: [
      { value: 'gdpr-17', label: t('The person asked (GDPR, article 17)') },
      { value: 'contract', label: t('A contract says so') },
      { value: 'mistake', label: t('It should not have been kept') },
      { value: 'other', label: t('Something else') },
    ],
  },
];

const personOf = (values: Values, tenant: string): Person => ({
  tenant,
  ...filled('user', valueOf(values, 'user')),
  ...filled('endUser', valueOf(values, 'endUser')),
});

interface WhomProps {
  readonly wrong: Wrong;
  readonly problem: string | null;
}

function Whom({ wrong, problem }: WhomProps) {
  return (
    <>
      <div className="grid">
        {FIELDS.map((field) => (
          <FieldInput
            marksOptional={false}
            key={field.name}
            field={field}
            problem={wrong.byField[field.name]}
          />
        ))}
      </div>
      <Problem text={problem} />
    </>
  );
}

const questionOf = (who: string, tenant: string) => ({
  title: t('Forget this person?'),
  text: t(
    '{who} in {tenant}: their values in the log and what was said are made unreadable for good. Nothing undoes it. The log stays verifiable.',
    { who, tenant },
  ),
  verb: t('Forget them'),
  isDanger: true,
});

export default function Erasure() {
  const { call, may } = useSession();
  const desk = useDesk();
  const choice = useTenant(true);
  const form = useRef<HTMLFormElement>(null);
  const [receipt, setReceipt] = useState<ErasureView | null>(null);
  const [wrong, setWrong] = useState(NOTHING_WRONG);
  const erase = async (values: Values): Promise<void> => {
    const basis = BASES.find((one) => one === values['basis']) ?? 'other';
    setReceipt(
      await call('POST /erasures', { body: { ...personOf(values, choice.tenant), basis } }),
    );
  };
  const ask = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const sent = event.currentTarget;
    const values = valuesOf(sent);
    setWrong(NOTHING_WRONG);
    const who = valueOf(values, 'user') || valueOf(values, 'endUser');
    desk.confirm({
      ...questionOf(who, choice.tenant),
      run: async () => {
        try {
          await erase(values);
          sent.reset();
        } catch (thrown) {
          // The question is over; what is wrong is said at the fields that it is about.
          setWrong(wrongOf(thrown, FIELDS));
        }
      },
    });
  };
  return (
    <>
      <Panel title={t('Whom')} tools={<TenantSelect choice={choice} isOne />}>
        <form ref={form} className="stack" onSubmit={ask}>
          <Whom wrong={wrong} problem={wrong.problem ?? choice.problem} />
          <div className="row">
            <SubjectExport
              isDisabled={choice.tenant === ''}
              person={() =>
                personOf(form.current === null ? {} : valuesOf(form.current), choice.tenant)
              }
              onProblem={(thrown) => setWrong(wrongOf(thrown, FIELDS))}
            />
            <button type="submit" className="danger" disabled={choice.tenant === ''}>
              {t('Forget the person…')}
            </button>
            {may('GET /audit/records') && (
              <Link page="requests" query={{ show: 'admin', action: 'subject.erase' }}>
                {t('Erasures in the log')}
              </Link>
            )}
          </div>
        </form>
      </Panel>
      {receipt !== null && <Receipt receipt={receipt} onDone={() => setReceipt(null)} />}
    </>
  );
}

interface ReceiptProps {
  readonly receipt: ErasureView;
  readonly onDone: () => void;
}

/** Its salt is kept nowhere else: with it, and only with it, can be shown of whom the record speaks. */
function Receipt({ receipt, onDone }: ReceiptProps) {
  const { id, at, records, texts, subjects, commitment, salt, tenant } = receipt;
  const save = (): void =>
    download(`${id}.json`, 'application/json', `${JSON.stringify(receipt, null, 2)}\n`);
  return (
    <section className="card once" aria-label={t('Receipt')} role="status">
      <h2>{t('The receipt. It is shown this once: keep it.')}</h2>
      <dl className="facts">
        <Fact name={t('Erasure')}>
          <code>{id}</code>
        </Fact>
        <Fact name={t('Tenant')}>{tenant}</Fact>
        <Fact name={t('At')}>
          <Time at={at} />
        </Fact>
        <Fact name={t('Records')}>{records}</Fact>
        <Fact name={t('Texts')}>{texts}</Fact>
        <Fact name={t('Keys destroyed')}>{subjects}</Fact>
        <Fact name={t('Commitment')}>
          <code>{commitment}</code>
        </Fact>
        <Fact name={t('Salt')}>
          <code>{salt}</code>
        </Fact>
      </dl>
      <div className="row">
        <button type="button" className="main" onClick={save}>
          {t('Download the receipt')}
        </button>
        <button type="button" onClick={onDone}>
          {t('I have it')}
        </button>
      </div>
    </section>
  );
}
