/** Signed out: the ways to sign in. Signed in: the pages that one may see. */
import { type ReactNode, useCallback, useEffect, useMemo, useRef, useState } from 'react';

import type { MeView } from '../../src/admin/contract.ts';
import type { RightsView } from '../../src/admin/rights-contract.ts';

import {
  ApiProblem,
  type Operation,
  type Reach,
  reachWith,
  reachWithSession,
  type RequestOf,
} from './api.ts';
import { Complete } from './complete.tsx';
import { LanguageSelect } from './messages/language-select.tsx';
import { t } from './messages/message.ts';
import { DeskProvider } from './parts/desk.tsx';
import { Skeleton } from './parts/listing.tsx';
import { ProblemBar } from './parts.tsx';
import { permits, SessionContext } from './session.ts';
import { Shell } from './shell/shell.tsx';
import { ShownOnce } from './shown-once.tsx';
import { returnedWith, SignIn } from './sign-in.tsx';
import { ThemeToggle } from './theme.tsx';
import { useLoaded } from './use-loaded.ts';

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

const OVER = t('Your session is over. Sign in again.');

/** A one-time token is exchanged for one that lasts; another is used as it is. */
async function withToken(offered: string): Promise<SignedIn> {
  const { call } = reachWith(offered);
  const { isOneTime } = await call('GET /rights', {});
  if (!isOneTime) return { by: 'token', token: offered, isNew: false };
  const { token } = await call('POST /sessions', {});
  return { by: 'token', token, isNew: true };
}

const isRefused = (thrown: unknown): boolean =>
  thrown instanceof ApiProblem && thrown.status === 401;

/** A call that finds the session over says so once, whatever it was for. */
function reachOf(signedIn: SignedIn | null, onOver: () => void): Reach | null {
  if (signedIn === null || signedIn.by === 'nobody') return null;
  const reach =
    signedIn.by === 'token' ? reachWith(signedIn.token) : reachWithSession(signedIn.me.csrfToken);
  const watched = async <T,>(answer: Promise<T>): Promise<T> => {
    try {
      return await answer;
    } catch (thrown) {
      if (isRefused(thrown)) onOver();
      throw thrown;
    }
  };
  return {
    call: <O extends Operation>(operation: O, request: RequestOf<O>) =>
      watched(reach.call(operation, request)),
    open: <O extends Operation>(operation: O, request: RequestOf<O>) =>
      watched(reach.open(operation, request)),
  };
}

/** Null while it is asked whether this browser has a session. */
function useSignedIn() {
  const [signedIn, setSignedIn] = useState<SignedIn | null>(null);
  useEffect(() => {
    // It is said now; a reload need not say it again.
    if (RETURNED !== null) window.history.replaceState(null, '', './');
    const left = new AbortController();
    reachWithSession(null)
      .call('GET /me', { signal: left.signal })
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
  const reach = useMemo(() => reachOf(signedIn, onOver), [signedIn, onOver]);
  const signOut = (): void => {
    const end = signedIn?.by === 'session' ? reach?.call('POST /me/logout', {}) : null;
    // Also where the gateway does not answer: this page shows nothing more.
    Promise.resolve(end)
      .catch(() => null)
      .finally(() => setSignedIn({ by: 'nobody', notice: null }));
  };
  if (signedIn === null) return null;
  if (signedIn.by === 'nobody' || reach === null) {
    return (
      <Outside signOut={null}>
        <SignIn
          notice={signedIn.by === 'nobody' ? signedIn.notice : null}
          onSession={(me) => setSignedIn({ by: 'session', me })}
          onToken={async (offered) => setSignedIn(await withToken(offered))}
        />
      </Outside>
    );
  }
  return <Inside {...{ signedIn, reach, signOut }} onChange={setSignedIn} />;
}

interface OutsideProps {
  /** Null: nobody is signed in. */
  readonly signOut: (() => void) | null;
  readonly children: ReactNode;
}

/** What there is to do before one is inside stands alone on the page. */
function Outside({ signOut, children }: OutsideProps) {
  return (
    <>
      <header className="bar outside">
        <h1 className="brand">{t('LLMProxy')}</h1>
        <div className="row">
          {signOut === null && <LanguageSelect />}
          <ThemeToggle />
          {signOut !== null && (
            <button type="button" onClick={signOut}>
              {t('Sign out')}
            </button>
          )}
        </div>
      </header>
      <main>{children}</main>
    </>
  );
}

interface InsideProps {
  readonly signedIn: Exclude<SignedIn, { readonly by: 'nobody' }>;
  readonly reach: Reach;
  readonly signOut: () => void;
  readonly onChange: (next: SignedIn) => void;
}

function Inside({ signedIn, reach, signOut, onChange }: InsideProps) {
  const { call } = reach;
  const read = useCallback((signal: AbortSignal) => call('GET /rights', { signal }), [call]);
  const { value: rights, problem, reload } = useLoaded(read);
  const me = signedIn.by === 'session' ? signedIn.me : null;
  const setMe = (next: MeView): void => onChange({ by: 'session', me: next });
  if (me?.isIncomplete === true) {
    return (
      <Outside signOut={signOut}>
        <Complete me={me} call={call} onChanged={setMe} />
      </Outside>
    );
  }
  if (signedIn.by === 'token' && signedIn.isNew) {
    return (
      <Outside signOut={signOut}>
        <div className="card narrow">
          <ShownOnce
            label={t(
              'Your admin token for the next 12 hours. Copy it now: a reload of this page forgets it, and the one-time token is burnt.',
            )}
            secret={signedIn.token}
            onDone={() => onChange({ ...signedIn, isNew: false })}
          />
        </div>
      </Outside>
    );
  }
  if (rights === null) {
    return (
      <Outside signOut={signOut}>
        {problem === null ? <Skeleton /> : <ProblemBar problem={problem} retry={reload} />}
      </Outside>
    );
  }
  return <Permitted {...{ reach, me, rights, setMe, signOut }} />;
}

interface PermittedProps {
  readonly reach: Reach;
  readonly me: MeView | null;
  readonly rights: RightsView;
  readonly setMe: (me: MeView) => void;
  readonly signOut: () => void;
}

function Permitted({ reach, me, rights, setMe, signOut }: PermittedProps) {
  const heldKey = useRef('');
  const session = useMemo(
    () => ({
      heldKey,
      ...reach,
      me,
      rights,
      setMe,
      may: (operation: Operation) => permits(rights, operation),
    }),
    [reach, me, rights, setMe],
  );
  return (
    <SessionContext value={session}>
      <DeskProvider>
        <Shell signOut={signOut} />
      </DeskProvider>
    </SessionContext>
  );
}
