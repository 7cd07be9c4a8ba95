/** Signed out: the ways to sign in. Signed in: what runs, and the keys. */
import { useCallback, useEffect, useMemo, useState } from 'react';

import type { MeView } from '../../src/admin/contract.ts';

import {
  ApiProblem,
  type Call,
  callWith,
  callWithSession,
  type Operation,
  type RequestOf,
} from './api.ts';
import { Approvals } from './approvals.tsx';
import { Complete } from './complete.tsx';
import { Keys } from './keys.tsx';
import { ShownOnce } from './shown-once.tsx';
import { returnedWith, SignIn } from './sign-in.tsx';
import { Status } from './status.tsx';
import { ThemeToggle } from './theme.tsx';

type SignedIn =
  | {
      readonly by: 'token';
      readonly token: string;
      /** A token that was made just now, and that a reload of the page would lose for good. */
      readonly isNew: boolean;
    }
  | { readonly by: 'session'; readonly me: MeView }
  | {
      readonly by: 'nobody';
      /** Why not any more. */
      readonly notice: string | null;
    };

/** Read once: the address is cleaned when it was. */
const RETURNED = returnedWith(window.location.search);

const OVER = 'Your session is over. Sign in again.';

/** A one-time token is exchanged for one that lasts; another is used as it is. */
async function withToken(offered: string): Promise<SignedIn> {
  const call = callWith(offered);
  try {
    const { token } = await call('POST /sessions', {});
    return { by: 'token', token, isNew: true };
  } catch (thrown) {
    // 403: a right token that is not a one-time token.
    const isOther = thrown instanceof ApiProblem && thrown.status === 403;
    if (isOther) return { by: 'token', token: offered, isNew: false };
    throw thrown;
  }
}

const isRefused = (thrown: unknown): boolean =>
  thrown instanceof ApiProblem && thrown.status === 401;

/** A call that finds the session over says so once, whatever it was for. */
const callOf = (signedIn: SignedIn | null, onOver: () => void): Call | null => {
  if (signedIn?.by === 'token') return callWith(signedIn.token);
  if (signedIn?.by !== 'session') return null;
  const call = callWithSession(signedIn.me.csrfToken);
  return async <O extends Operation>(operation: O, request: RequestOf<O>) => {
    try {
      return await call(operation, request);
    } catch (thrown) {
      if (isRefused(thrown)) onOver();
      throw thrown;
    }
  };
};

/** Null while it is asked whether this browser has a session. */
function useSignedIn() {
  const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
  useEffect(() => {
    // It is said now; a reload need not say it again.
    if (window.location.search !== '') window.history.replaceState(null, '', './');
    const left = new AbortController();
    callWithSession(null)('GET /me', { signal: left.signal })
      .then((me) => setSignedIn({ by: 'session', me }))
      .catch(() => {
        if (!left.signal.aborted) setSignedIn({ by: 'nobody', notice: RETURNED });
      });
    return () => left.abort();
  }, []);
  return [signedIn, setSignedIn] as const;
}

export function App() {
  const [signedIn, setSignedIn] = useSignedIn();
  const onOver = useCallback(() => setSignedIn({ by: 'nobody', notice: OVER }), [setSignedIn]);
  const call = useMemo(() => callOf(signedIn, onOver), [signedIn, onOver]);
  const signOut = (): void => {
    const end = signedIn?.by === 'session' ? call?.('POST /me/logout', {}) : null;
    // Also where the gateway does not answer: this page shows nothing more.
    Promise.resolve(end)
      .catch(() => null)
      .finally(() => setSignedIn({ by: 'nobody', notice: null }));
  };
  return (
    <>
      <header className="bar">
        <h1>LLMProxy</h1>
        <div className="row">
          {signedIn?.by === 'session' && <span className="quiet">{signedIn.me.session.login}</span>}
          <ThemeToggle />
          {call !== null && (
            <button type="button" onClick={signOut}>
              Sign out
            </button>
          )}
        </div>
      </header>
      <main>
        {signedIn?.by === 'nobody' && (
          <SignIn
            notice={signedIn.notice}
            onSession={(me) => setSignedIn({ by: 'session', me })}
            onToken={async (offered) => setSignedIn(await withToken(offered))}
          />
        )}
        {signedIn !== null && call !== null && (
          <Inside signedIn={signedIn} call={call} onChange={setSignedIn} />
        )}
      </main>
    </>
  );
}

interface InsideProps {
  readonly signedIn: SignedIn;
  readonly call: Call;
  readonly onChange: (next: SignedIn) => void;
}

function Inside({ signedIn, call, onChange }: InsideProps) {
  if (signedIn.by === 'session' && signedIn.me.isIncomplete) {
    const { me } = signedIn;
    return (
      <Complete me={me} call={call} onChanged={(next) => onChange({ by: 'session', me: next })} />
    );
  }
  return (
    <>
      {signedIn.by === 'token' && signedIn.isNew && (
        <ShownOnce
          label="Your admin token for the next 12 hours. Copy it now: a reload of this page forgets it, and the one-time token is burnt."
          secret={signedIn.token}
          onDone={() => onChange({ ...signedIn, isNew: false })}
        />
      )}
      <Status call={call} />
      <Approvals call={call} />
      <Keys call={call} />
    </>
  );
}
