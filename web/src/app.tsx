/** Signed out: one field for a token. Signed in: what runs, and the keys. */
import { useMemo, useState } from 'react';

import type { SessionView } from '../../src/admin/contract.ts';

import { ApiProblem, callWith } from './api.ts';
import { Approvals } from './approvals.tsx';
import { Keys } from './keys.tsx';
import { ShownOnce } from './shown-once.tsx';
import { SignIn } from './sign-in.tsx';
import { Status } from './status.tsx';
import { ThemeToggle } from './theme.tsx';

interface SignedIn {
  readonly token: string;
  /** A token that was made just now, and that a reload of the page would lose for good. */
  readonly isNew: boolean;
}

/** A one-time token is exchanged for one that lasts; another is used as it is. */
async function signIn(offered: string): Promise<SignedIn> {
  const call = callWith(offered);
  try {
    const { token } = await call<SessionView>('sessions', { method: 'POST' });
    return { token, isNew: true };
  } catch (thrown) {
    // 403: a right token that is not a one-time token.
    const isOther = thrown instanceof ApiProblem && thrown.status === 403;
    if (isOther) return { token: offered, isNew: false };
    throw thrown;
  }
}

export function App() {
  const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
  const token = signedIn?.token ?? null;
  const call = useMemo(() => (token === null ? null : callWith(token)), [token]);
  return (
    <>
      <header className="bar">
        <h1>LLMProxy</h1>
        <div className="row">
          <ThemeToggle />
          {token !== null && (
            <button type="button" onClick={() => setSignedIn(null)}>
              Sign out
            </button>
          )}
        </div>
      </header>
      <main>
        {call === null ? (
          <SignIn onToken={async (offered) => setSignedIn(await signIn(offered))} />
        ) : (
          <>
            {signedIn?.isNew === true && (
              <ShownOnce
                label="Your admin token for the next 12 hours. Copy it now: a reload of this page forgets it, and the one-time token is burnt."
                secret={signedIn.token}
                onDone={() => setSignedIn({ ...signedIn, isNew: false })}
              />
            )}
            <Status call={call} />
            <Approvals call={call} />
            <Keys call={call} />
          </>
        )}
      </main>
    </>
  );
}
