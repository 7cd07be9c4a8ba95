/** One's own sessions, password and authenticator. */
import { useCallback } from 'react';

import type { PersonSessionView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { filled, valueOf } from '../parts/fields.ts';
import { Listing } from '../parts/listing.tsx';
import { useList } from '../parts/use-list.ts';
import { Fact, Panel, Pill, Time } from '../parts.tsx';
import { type Session, useSession } from '../session.ts';

export default function Me() {
  const session = useSession();
  const { me, rights } = session;
  // A token is nobody's: the page is not offered to one.
  if (me === null) return null;
  return (
    <>
      <Panel title={t('You')} tools={me.session.account !== null && <AccountTools />}>
        <dl className="facts">
          <Fact name={t('Login')}>{me.session.login}</Fact>
          <Fact name={t('Role')}>{rights.role}</Fact>
          <Fact name={t('Of')}>{rights.tenant ?? t('the whole gateway')}</Fact>
          <Fact name={t('Proven by')}>{me.session.proof}</Fact>
          <Fact name={t('Authenticator')}>
            <Pill tone={me.hasSecondFactor ? 'good' : 'warn'}>
              {me.hasSecondFactor ? t('set up') : t('none')}
            </Pill>
          </Fact>
          <Fact name={t('Over without use after')}>
            {t('{minutes} minutes', { minutes: Math.round(me.idleSeconds / 60) })}
          </Fact>
        </dl>
      </Panel>
      <MySessions own={me.session.id} />
    </>
  );
}

function AccountTools() {
  const { call, me, setMe } = useSession();
  const desk = useDesk();
  const changePassword = (): void =>
    desk.form({
      title: t('A new password'),
      intro: t('All your other sessions end.'),
      verb: t('Change it'),
      fields: [
        { name: 'current', label: t('Your password now'), kind: 'secret', isRequired: true },
        {
          name: 'password',
          label: t('The new one'),
          kind: 'secret',
          isRequired: true,
          help: t('At least 12 characters; common words are not.'),
        },
      ],
      submit: async (values) => {
        const body = {
          current: valueOf(values, 'current'),
          password: valueOf(values, 'password'),
        };
        setMe(await call('POST /me/password', { body }));
        desk.say(t('The password is changed.'));
      },
    });
  return (
    <>
      <button type="button" onClick={changePassword}>
        {t('Change the password')}
      </button>
      {me?.hasSecondFactor === true ? <RemoveFactor /> : <AddFactor />}
    </>
  );
}

const PASSWORD = {
  name: 'password',
  label: t('Your password'),
  kind: 'secret',
  isRequired: true,
} as const;

function AddFactor() {
  const session = useSession();
  const desk = useDesk();
  const begin = (): void =>
    desk.form({
      title: t('Set up an authenticator'),
      verb: t('Go on'),
      fields: [PASSWORD],
      submit: async (values) => {
        const body = { password: valueOf(values, 'password') };
        const { secret } = await session.call('POST /me/totp', { body });
        confirmCode(session, desk, secret);
      },
    });
  return (
    <button type="button" onClick={begin}>
      {t('Set up an authenticator')}
    </button>
  );
}

function confirmCode({ call, setMe }: Session, desk: ReturnType<typeof useDesk>, secret: string) {
  desk.form({
    title: t('The code'),
    intro: t('Add this key to your authenticator, then write the code that it shows: {secret}', {
      secret,
    }),
    verb: t('Confirm'),
    fields: [{ name: 'code', label: t('Code'), isRequired: true }],
    submit: async (values) => {
      const body = { code: valueOf(values, 'code').trim() };
      const { recoveryCodes } = await call('POST /me/totp/confirm', { body });
      desk.once({
        label: t('Recovery codes. Each works once, in place of a code. They are not shown again.'),
        secret: recoveryCodes.join(' '),
      });
      setMe(await call('GET /me', {}));
    },
  });
}

function RemoveFactor() {
  const { call, setMe } = useSession();
  const desk = useDesk();
  const remove = (): void =>
    desk.form({
      title: t('Remove the authenticator?'),
      verb: t('Remove it'),
      isDanger: true,
      fields: [PASSWORD, { name: 'code', label: t('A code') }],
      submit: async (values) => {
        const body = {
          password: valueOf(values, 'password'),
          ...filled('code', valueOf(values, 'code')),
        };
        await call('POST /me/totp/remove', { body });
        setMe(await call('GET /me', {}));
      },
    });
  return (
    <button type="button" className="danger" onClick={remove}>
      {t('Remove the authenticator')}
    </button>
  );
}

function MySessions({ own }: { readonly own: string }) {
  const { call } = useSession();
  const read = useCallback(
    (_asked: object, signal: AbortSignal) => call('GET /me/sessions', { signal }),
    [call],
  );
  const list = useList(read);
  const desk = useDesk();
  const actions = ({ id }: PersonSessionView): readonly Action[] => {
    const end = (): void =>
      desk.confirm({
        title: t('End this session?'),
        text: t('Whoever uses it is signed out.'),
        verb: t('End it'),
        isDanger: true,
        run: async () => {
          await call('DELETE /me/sessions/{id}', { params: { id } });
          list.reload();
        },
      });
    return id === own ? [] : [{ label: t('End'), of: id, isDanger: true, run: end }];
  };
  return (
    <Listing
      caption={t('Your sessions')}
      isTitled
      list={list}
      keyOf={({ id }) => id}
      empty={t('No sessions.')}
      columns={[
        {
          title: t('Session'),
          cell: ({ id }) =>
            id === own ? <Pill tone="good">{t('this one')}</Pill> : <code>{id}</code>,
        },
        { title: t('Proven by'), cell: ({ proof }) => proof },
        { title: t('Since'), cell: ({ createdAt }) => <Time at={createdAt} /> },
        { title: t('Seen'), cell: ({ seenAt }) => <Time at={seenAt} /> },
        { title: t('Over'), cell: ({ endsAt }) => <Time at={endsAt} /> },
      ]}
      actions={actions}
    />
  );
}
