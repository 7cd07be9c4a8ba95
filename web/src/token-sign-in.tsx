/** Asks for an admin token. It is kept in memory and is gone with the page. */
import { type FormEvent, useState } from 'react';

import { messageOf } from './api.ts';
import { t } from './messages/message.ts';
import { rich } from './messages/rich.tsx';
import { Problem } from './parts.tsx';

export function TokenSignIn({ onToken }: { readonly onToken: (token: string) => Promise<void> }) {
  const [offered, setOffered] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const [isBusy, setIsBusy] = useState(false);

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    setIsBusy(true);
    setProblem(null);
    onToken(offered.trim())
      .catch((thrown: unknown) => setProblem(messageOf(thrown)))
      .finally(() => setIsBusy(false));
  };

  return (
    <form onSubmit={submit}>
      <label htmlFor="token">{t('Admin token')}</label>
      <input
        id="token"
        type="password"
        autoComplete="off"
        spellCheck={false}
        required
        value={offered}
        onChange={(event) => setOffered(event.target.value)}
        aria-describedby="token-help"
      />
      <p id="token-help" className="quiet">
        {rich(
          'The gateway printed a one-time token when it first started; it is also in {adminToken} in its data folder. It is kept in the memory of this page only: a reload forgets it, and using a one-time token here burns it.',
          { adminToken: <code>admin-token</code> },
        )}
      </p>
      <Problem text={problem} />
      <button type="submit" className="main" disabled={isBusy || offered.trim() === ''}>
        {isBusy ? t('Signing in…') : t('Sign in with the token')}
      </button>
    </form>
  );
}
