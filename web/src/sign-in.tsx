/** Signing in: with a password and a code, with the provider, or with an admin token. */
import { type FormEvent, useState } from 'react';

import type { MeView } from '../../src/admin/contract.ts';

import { messageOf, reachWithSession } from './api.ts';
import { textOf } from './form-text.ts';
import { t } from './messages/message.ts';
import { rich } from './messages/rich.tsx';
import { Problem } from './parts.tsx';
import { TokenSignIn } from './token-sign-in.tsx';
import { useLoaded } from './use-loaded.ts';

/** Why the browser was sent back here, in words for people. */
const RETURNS: Readonly<Record<string, string>> = {
  'oidc-role': t('You are known, but none of your groups may administer this gateway.'),
  'oidc-state': t('The sign-in took too long, or was not begun here. Begin again.'),
  'oidc-failed': t('The identity provider did not confirm the sign-in. Begin again.'),
  'oidc-unreachable': t('The identity provider does not answer.'),
  'tenant-suspended': t('Your tenant is suspended.'),
};

export const returnedWith = (search: string): string | null =>
  RETURNS[new URLSearchParams(search).get('sign-in') ?? ''] ?? null;

interface SignInProps {
  /** Why nobody is signed in any more. */
  readonly notice: string | null;
  readonly onSession: (me: MeView) => void;
  readonly onToken: (token: string) => Promise<void>;
}

const { call: open } = reachWithSession(null);
const readMethods = (signal: AbortSignal) => open('GET /login', { signal });

export function SignIn({ notice, onSession, onToken }: SignInProps) {
  const { value, problem } = useLoaded(readMethods);
  const [isWithToken, setIsWithToken] = useState(false);
  return (
    <div className="card narrow">
      <h2>{t('Sign in')}</h2>
      {notice !== null && (
        <p role="status" className="problem">
          {notice}
        </p>
      )}
      <Problem text={problem} />
      {value !== null && value.oidc !== null && <ProviderButton name={value.oidc.name} />}
      {value?.password === true && !isWithToken && <PasswordForm onSession={onSession} />}
      {isWithToken || value?.password === false ? (
        <TokenSignIn onToken={onToken} />
      ) : (
        <button type="button" onClick={() => setIsWithToken(true)}>
          {t('Use an admin token')}
        </button>
      )}
    </div>
  );
}

function ProviderButton({ name }: { readonly name: string }) {
  const [problem, setProblem] = useState<string | null>(null);
  const go = (): void => {
    open('POST /login/oidc', { body: {} })
      .then(({ url }) => window.location.assign(url))
      .catch((thrown: unknown) => setProblem(messageOf(thrown)));
  };
  return (
    <>
      <button type="button" className="main" onClick={go}>
        {rich('Sign in with {name}', { name })}
      </button>
      <Problem text={problem} />
    </>
  );
}

function PasswordForm({ onSession }: Pick<SignInProps, 'onSession'>) {
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);
  const submit = (event: FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = event.currentTarget;
    const code = textOf(form, 'code').trim();
    const body = {
      login: textOf(form, 'login').trim(),
      password: textOf(form, 'password'),
      ...(code !== '' && { code }),
    };
    setIsBusy(true);
    setProblem(null);
    open('POST /login', { body })
      .then(onSession)
      .catch((thrown: unknown) => setProblem(messageOf(thrown)))
      .finally(() => setIsBusy(false));
  };
  return (
    <form onSubmit={submit}>
      <label htmlFor="login">{t('Name')}</label>
      <input
        id="login"
        name="login"
        autoComplete="username"
        spellCheck={false}
        required
        autoFocus
      />
      <label htmlFor="password">{t('Password')}</label>
      <input
        id="password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
      />
      <label htmlFor="code">{t('Code, if you have an authenticator')}</label>
      <input id="code" name="code" autoComplete="one-time-code" spellCheck={false} maxLength={32} />
      <Problem text={problem} />
      <button type="submit" className="main" disabled={isBusy}>
        {isBusy ? t('Signing in…') : t('Sign in')}
      </button>
    </form>
  );
}
