/** What is left of signing in: a password of one's own, and an authenticator where one is required. */
import { type FormEvent, useState } from 'react';

import type { MeView } from '../../src/admin/contract.ts';

import { type Call, messageOf } from './api.ts';
import { textOf } from './form-text.ts';
import { t } from './messages/message.ts';
import { rich } from './messages/rich.tsx';
import { Problem } from './parts.tsx';

interface CompleteProps {
  readonly me: MeView;
  readonly call: Call;
  readonly onChanged: (me: MeView) => void;
}

export function Complete({ me, call, onChanged }: CompleteProps) {
  return me.mustChangePassword ? (
    <NewPassword call={call} onChanged={onChanged} />
  ) : (
    <Enrol call={call} onChanged={onChanged} />
  );
}

/** Runs one step of a form; says what went wrong. */
function useStep() {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const run = (step: Promise<void>): void => {
    setIsBusy(true);
    setProblem(null);
    step.catch((thrown: unknown) => setProblem(messageOf(thrown))).finally(() => setIsBusy(false));
  };
  return { problem, isBusy, run };
}

type StepProps = Omit<CompleteProps, 'me'>;

function NewPassword({ call, onChanged }: StepProps) {
  const { problem, isBusy, run } = useStep();
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const body = { current: textOf(form, 'current'), password: textOf(form, 'next') };
    run(call('POST /me/password', { body }).then(onChanged));
  };
  return (
    <form className="card narrow" onSubmit={submit}>
      <h2>{t('Choose your password')}</h2>
      <p className="quiet">
        {t(
          'Somebody else knows the one that you have. At least 12 characters; a few words of your own are good, common ones are not.',
        )}
      </p>
      <label htmlFor="current">{t('The password that you were given')}</label>
      <input id="current" name="current" type="password" autoComplete="current-password" required />
      <label htmlFor="next">{t('Your new password')}</label>
      <input
        id="next"
        name="next"
        type="password"
        autoComplete="new-password"
        minLength={12}
        required
      />
      <Problem text={problem} />
      <button type="submit" className="main" disabled={isBusy}>
        {t('Change the password')}
      </button>
    </form>
  );
}

function Enrol({ call, onChanged }: StepProps) {
  const { problem, isBusy, run } = useStep();
  const [secret, setSecret] = useState<string | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const begin = async (password: string): Promise<void> => {
    const begun = await call('POST /me/totp', { body: { password } });
    setSecret(begun.secret);
  };
  const confirm = async (code: string): Promise<void> => {
    const body = { code: code.trim() };
    const set = await call('POST /me/totp/confirm', { body });
    setCodes(set.recoveryCodes);
  };
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const given = textOf(event.currentTarget, 'given');
    event.currentTarget.reset();
    run(secret === null ? begin(given) : confirm(given));
  };
  if (codes !== null) return <RecoveryCodes codes={codes} call={call} onChanged={onChanged} />;
  return (
    <form className="card narrow" onSubmit={submit}>
      <h2>{t('Set up an authenticator')}</h2>
      {secret !== null && (
        <p>
          {rich('Add this key to your authenticator, then write the code that it shows: {secret}', {
            secret: <code>{secret}</code>,
          })}
        </p>
      )}
      <label htmlFor="given">{secret === null ? t('Your password') : t('The code')}</label>
      <input
        key={secret}
        id="given"
        name="given"
        type={secret === null ? 'password' : 'text'}
        autoComplete={secret === null ? 'current-password' : 'one-time-code'}
        required
      />
      <Problem text={problem} />
      <button type="submit" className="main" disabled={isBusy}>
        {t('Go on')}
      </button>
    </form>
  );
}

function RecoveryCodes({
  codes,
  call,
  onChanged,
}: StepProps & { readonly codes: readonly string[] }) {
  const { problem, isBusy, run } = useStep();
  return (
    <div className="card narrow">
      <h2>{t('Recovery codes')}</h2>
      <p className="quiet">{t('Each works once, in place of a code. They are not shown again.')}</p>
      <pre>{codes.join('\n')}</pre>
      <Problem text={problem} />
      <button
        type="button"
        className="main"
        disabled={isBusy}
        onClick={() => run(call('GET /me', {}).then(onChanged))}
      >
        {t('I have them')}
      </button>
    </div>
  );
}
