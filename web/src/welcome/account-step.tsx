/** An account that stays: the token that one came in with is over tomorrow. */
import { useCallback } from 'react';

import { t } from '../messages/message.ts';
import { useDesk } from '../parts/desk.tsx';
import { valueOf } from '../parts/fields.ts';
import { useSession } from '../session.ts';
import { useLoaded } from '../use-loaded.ts';
import { QuickForm } from './quick-form.tsx';
import { Step } from './step.tsx';
import type { Turn } from './turns.ts';

interface HasAccount {
  readonly has: boolean | null;
  readonly problem: string | null;
  readonly reload: () => void;
}

export function useHasAccount(): HasAccount {
  const { call, me } = useSession();
  const read = useCallback((signal: AbortSignal) => call('GET /accounts', { signal }), [call]);
  const { value, problem, reload } = useLoaded(read);
  const owners = value?.items.filter(
    ({ role, status, tenant }) =>
      role === 'platform-admin' && status === 'active' && tenant === null,
  );
  const has = owners === undefined ? null : owners.length > 0;
  return { has: me === null ? has : true, problem, reload };
}

interface AccountStepProps extends Turn {
  readonly onMade: () => void;
}

export function AccountStep({ number, state, onMade, onSkip }: AccountStepProps) {
  const { call, me } = useSession();
  const desk = useDesk();
  const make = async (values: Readonly<Record<string, string>>): Promise<void> => {
    const login = valueOf(values, 'login').trim();
    const { temporaryPassword } = await call('POST /accounts', {
      body: { login, role: 'platform-admin' },
    });
    desk.once({
      label: t(
        'The temporary password of {login}. Copy it now: sign in with it, and choose your own.',
        { login },
      ),
      secret: temporaryPassword,
    });
    onMade();
  };
  const isThere = me === null && state === 'done';
  const summary = isThere
    ? t('There is an account that stays, or you go on with the token: a reload forgets it.')
    : me === null
      ? t(
          'You came in with a token: a reload forgets it, and it is over in some hours. An account stays.',
        )
      : t('You are signed in as {login}.', { login: me.session.login ?? t('a person') });
  return (
    <Step number={number} title={t('Your account')} state={state} summary={summary}>
      <QuickForm
        fields={[{ name: 'login', label: t('Your name or e-mail address'), isRequired: true }]}
        verb={t('Make my account')}
        submit={make}
        other={{ verb: t('Go on with the token'), run: onSkip }}
      />
    </Step>
  );
}
