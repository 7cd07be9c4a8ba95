/** A short form within a step; each problem of the answer stands at its field. */
import { type FormEvent, useState } from 'react';

import { t } from '../messages/message.ts';
import { type Field, NOTHING_WRONG, type Values, wrongOf } from '../parts/fields.ts';
import { FieldInput, valuesOf } from '../parts/form-dialog.tsx';
import { Problem } from '../parts.tsx';

interface QuickFormProps {
  readonly fields: readonly Field[];
  readonly verb: string;
  /** Rejects where it was not done. */
  readonly submit: (values: Values) => Promise<void>;
  readonly other?: { readonly verb: string; readonly run: () => void };
}

export function QuickForm({ fields, verb, submit, other }: QuickFormProps) {
  const [wrong, setWrong] = useState(NOTHING_WRONG);
  const [isBusy, setIsBusy] = useState(false);
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setIsBusy(true);
    setWrong(NOTHING_WRONG);
    submit(valuesOf(event.currentTarget))
      .catch((thrown: unknown) => setWrong(wrongOf(thrown, fields)))
      .finally(() => setIsBusy(false));
  };
  return (
    <form className="stack" onSubmit={send}>
      {fields.length > 0 && (
        <div className="grid">
          {fields.map((field) => (
            <FieldInput key={field.name} field={field} problem={wrong.byField[field.name]} />
          ))}
        </div>
      )}
      <Problem text={wrong.problem} />
      <div className="row">
        <button type="submit" className="main" disabled={isBusy}>
          {isBusy ? t('One moment…') : verb}
        </button>
        {other !== undefined && (
          <button type="button" onClick={other.run}>
            {other.verb}
          </button>
        )}
      </div>
    </form>
  );
}
