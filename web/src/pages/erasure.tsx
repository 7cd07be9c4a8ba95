/** Forgetting a person. The receipt is shown once, and can be kept as a file. */
import { type FormEvent, useState } from 'react';

import type { ErasureView } from '../../../src/admin/audit-contract.ts';

import { useDesk } from '../parts/desk.tsx';
import {
  type Field,
  filled,
  NOTHING_WRONG,
  type Values,
  valueOf,
  wrongOf,
} from '../parts/fields.ts';
import { FieldInput, valuesOf } from '../parts/form-dialog.tsx';
import { TenantSelect, useTenant } from '../parts/tenants.tsx';
import { download, Fact, Panel, Problem, Time } from '../parts.tsx';
import { useSession } from '../session.ts';

const BASES = ['gdpr-17', 'contract', 'mistake', 'other'] as const;

const FIELDS: readonly Field[] = [
  { name: 'user', label: 'User', help: 'Who called, as keys and tokens name them.' },
  { name: 'endUser', label: 'End user', help: 'On whose behalf an application called.' },
  {
    name: 'basis',
    label: 'Why',
    kind: 'choice',
    value: 'gdpr-17',
    options: [
      { value: 'gdpr-17', label: 'The person asked (GDPR, article 17)' },
      { value: 'contract', label: 'A contract says so' },
      { value: 'mistake', label: 'It should not have been kept' },
      { value: 'other', label: 'Something else' },
    ],
  },
];

const questionOf = (who: string, tenant: string) => ({
  title: 'Forget this person?',
  text: `${who} in ${tenant}: their values in the log and what was said are made unreadable for good. Nothing undoes it. The log stays verifiable.`,
  verb: 'Forget them',
  isDanger: true,
});

export default function Erasure() {
  const { call } = useSession();
  const desk = useDesk();
  const choice = useTenant(true);
  const [receipt, setReceipt] = useState<ErasureView | null>(null);
  const [wrong, setWrong] = useState(NOTHING_WRONG);
  const erase = async (values: Values): Promise<void> => {
    const body = {
      tenant: choice.tenant,
      basis: BASES.find((one) => one === values['basis']) ?? 'other',
      ...filled('user', valueOf(values, 'user')),
      ...filled('endUser', valueOf(values, 'endUser')),
    };
    setReceipt(await call('POST /erasures', { body }));
  };
  const ask = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const values = valuesOf(form);
    setWrong(NOTHING_WRONG);
    const who = valueOf(values, 'user') || valueOf(values, 'endUser');
    desk.confirm({
      ...questionOf(who, choice.tenant),
      run: async () => {
        try {
          await erase(values);
          form.reset();
        } catch (thrown) {
          // The question is over; what is wrong is said at the fields that it is about.
          setWrong(wrongOf(thrown, FIELDS));
        }
      },
    });
  };
  return (
    <>
      <Panel title="Whom" tools={<TenantSelect choice={choice} isOne />}>
        <form className="stack" onSubmit={ask}>
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
          <Problem text={wrong.problem} />
          <div className="row">
            <button type="submit" className="danger" disabled={choice.tenant === ''}>
              Forget the person…
            </button>
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
    <section className="card once" aria-label="Receipt" role="status">
      <h2>The receipt. It is shown this once: keep it.</h2>
      <dl className="facts">
        <Fact name="Erasure">
          <code>{id}</code>
        </Fact>
        <Fact name="Tenant">{tenant}</Fact>
        <Fact name="At">
          <Time at={at} />
        </Fact>
        <Fact name="Records">{records}</Fact>
        <Fact name="Texts">{texts}</Fact>
        <Fact name="Keys destroyed">{subjects}</Fact>
        <Fact name="Commitment">
          <code>{commitment}</code>
        </Fact>
        <Fact name="Salt">
          <code>{salt}</code>
        </Fact>
      </dl>
      <div className="row">
        <button type="button" className="main" onClick={save}>
          Download the receipt
        </button>
        <button type="button" onClick={onDone}>
          I have it
        </button>
      </div>
    </section>
  );
}
