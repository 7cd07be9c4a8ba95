/** A form in a dialog: fields from data, and each problem of the answer at its field. */
import { type FormEvent, useId, useState } from 'react';

import { t } from '../messages/message.ts';
import { type Field, NOTHING_WRONG, type Values, type Wrong, wrongOf } from './fields.ts';
import { Modal } from './modal.tsx';

export interface FormQuestion {
  readonly title: string;
  readonly intro?: string;
  readonly fields: readonly Field[];
  readonly verb: string;
  readonly isDanger?: boolean;
  /** Rejects where it was not done; the form then stays, with what was written. */
  readonly submit: (values: Values) => Promise<void>;
}

/** More fields than that stand beside each other, so that the button stays in sight. */
const LONG = 6;

interface FormDialogProps {
  readonly question: FormQuestion;
  readonly onClose: () => void;
}

export function valuesOf(form: HTMLFormElement): Values {
  const values: Record<string, string> = {};
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string') values[name] = value;
  }
  return values;
}

export function FormDialog({ question, onClose }: FormDialogProps) {
  const [wrong, setWrong] = useState<Wrong>(NOTHING_WRONG);
  const [isBusy, setIsBusy] = useState(false);
  const { title, intro, fields, verb, isDanger = false, submit } = question;
  const send = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    setIsBusy(true);
    setWrong(NOTHING_WRONG);
    submit(valuesOf(event.currentTarget))
      .then(onClose)
      .catch((thrown: unknown) => {
        setWrong(wrongOf(thrown, fields));
        setIsBusy(false);
      });
  };
  const isLong = fields.length > LONG;
  return (
    <Modal title={title} isWide={isLong} onClose={onClose}>
      <form onSubmit={send} className="stack">
        {intro !== undefined && <p className="quiet">{intro}</p>}
        <div className={isLong ? 'grid' : 'stack'}>
          {fields.map((field) => (
            <FieldInput key={field.name} field={field} problem={wrong.byField[field.name]} />
          ))}
        </div>
        {wrong.problem !== null && (
          <p role="alert" className="problem">
            {wrong.problem}
          </p>
        )}
        <footer className="modal-foot">
          <button type="button" onClick={onClose}>
            {t('Cancel')}
          </button>
          <button type="submit" className={isDanger ? 'danger' : 'main'} disabled={isBusy}>
            {isBusy ? t('One moment…') : verb}
          </button>
        </footer>
      </form>
    </Modal>
  );
}

interface FieldInputProps {
  readonly field: Field;
  readonly problem?: string | undefined;
  /** A form where nearly nothing is needed says so of nothing. */
  readonly marksOptional?: boolean;
}

export function FieldInput({ field, problem, marksOptional = true }: FieldInputProps) {
  const id = useId();
  const { label, help, kind = 'line', isRequired = false } = field;
  const notes = [
    ...(help === undefined ? [] : [`${id}-help`]),
    ...(problem === undefined ? [] : [`${id}-problem`]),
  ].join(' ');
  return (
    <div className={kind === 'tick' ? 'field tick' : 'field'}>
      <label htmlFor={id}>
        {label}
        {marksOptional && !isRequired && kind !== 'tick' && kind !== 'choice' && (
          <span className="quiet">{t('(optional)')}</span>
        )}
      </label>
      <Control
        field={field}
        common={{
          id,
          name: field.name,
          required: isRequired,
          'aria-describedby': notes === '' ? undefined : notes,
          'aria-invalid': problem !== undefined,
        }}
      />
      {help !== undefined && (
        <p id={`${id}-help`} className="help">
          {help}
        </p>
      )}
      {problem !== undefined && (
        <p id={`${id}-problem`} role="alert" className="wrong">
          {problem}
        </p>
      )}
    </div>
  );
}

interface ControlProps {
  readonly field: Field;
  readonly common: {
    readonly id: string;
    readonly name: string;
    readonly required: boolean;
    readonly 'aria-describedby': string | undefined;
    readonly 'aria-invalid': boolean;
  };
}

function Control({ field: { kind = 'line', value = '', options = [] }, common }: ControlProps) {
  if (kind === 'choice') {
    return (
      <select {...common} defaultValue={value}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label ?? option.value}
          </option>
        ))}
      </select>
    );
  }
  if (kind === 'tick') {
    return <input {...common} type="checkbox" value="yes" defaultChecked={value === 'yes'} />;
  }
  if (kind === 'area' || kind === 'code') {
    return (
      <textarea
        {...common}
        className={kind === 'code' ? 'code' : ''}
        rows={kind === 'code' ? 12 : 3}
        spellCheck={kind === 'area'}
        defaultValue={value}
      />
    );
  }
  return (
    <input
      {...common}
      type={kind === 'secret' ? 'password' : 'text'}
      autoComplete="off"
      spellCheck={false}
      defaultValue={value}
    />
  );
}
