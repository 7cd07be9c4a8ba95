/** The entries of one section, of file and store; what the store keeps is changed here. */
import { useCallback } from 'react';

import type { SettingView } from '../../../src/admin/contract.ts';

import { messageOf } from '../api.ts';
import { t } from '../messages/message.ts';
import type { Action } from '../parts/data-table.tsx';
import { useDesk } from '../parts/desk.tsx';
import { Listing } from '../parts/listing.tsx';
import { type Asked, useList } from '../parts/use-list.ts';
import { Pill, Time } from '../parts.tsx';
import { NewButton } from '../parts/new-button.tsx';
import { useSession } from '../session.ts';
import { Differences } from './config-differences.tsx';
import { type ConfigChange, ConfigEditor } from './config-editor.tsx';
import type { Section } from './sections.ts';
import { stateText } from '../state-text.ts';

export function ConfigSection({ section }: { readonly section: Section }) {
  const { call, may } = useSession();
  const read = useCallback(
    (asked: Asked, signal: AbortSignal) =>
      call('GET /config/{section}', { params: { section }, query: asked, signal }),
    [call, section],
  );
  const list = useList<SettingView>(read);
  const { edit, remove, look, test } = useChanges(section, list.reload);
  const actions = (setting: SettingView): readonly Action[] => {
    const of = setting.name;
    const isOurs = setting.version !== null && may('POST /config/apply');
    return [
      { label: t('Look'), of, run: () => look(setting) },
      ...(section === 'alerts' && may('POST /alerts/{name}/test')
        ? [{ label: t('Test'), of, run: () => test(of) }]
        : []),
      ...(isOurs ? [{ label: t('Edit'), of, run: () => edit(setting) }] : []),
      ...(isOurs ? [{ label: t('Remove'), of, isDanger: true, run: () => remove(setting) }] : []),
    ];
  };
  return (
    <Listing
      caption={section}
      list={list}
      keyOf={({ name }) => name}
      textOf={(setting) => JSON.stringify(setting)}
      empty={t('No {section} are declared.', { section })}
      columns={[
        { title: t('Name'), cell: ({ name }) => <code>{name}</code> },
        {
          title: t('Managed by'),
          cell: ({ managedBy }) => (
            <Pill tone={managedBy === 'store' ? 'good' : 'plain'}>{stateText(managedBy)}</Pill>
          ),
        },
        {
          title: t('Says'),
          cell: ({ value }) => <code className="quiet">{JSON.stringify(value)}</code>,
        },
        {
          title: t('Made'),
          cell: ({ createdAt }) => <Time at={createdAt} never={t('by the file')} />,
        },
      ]}
      actions={actions}
      tools={<NewButton by="POST /config/apply" text={t('New entry')} run={() => edit(null)} />}
    />
  );
}

const PROPOSED = t('It is proposed: another administrator has to agree, under Changes.');

function useChanges(section: Section, reload: () => void) {
  const { call } = useSession();
  const desk = useDesk();
  const edit = (setting: SettingView | null): void =>
    desk.open(
      setting === null
        ? t('A new entry of {section}', { section })
        : t('Edit {name}', { name: setting.name }),
      (close) => (
        <ConfigEditor
          section={section}
          setting={setting}
          onDone={(isProposed) => {
            close();
            desk.say(isProposed ? PROPOSED : t('It is in force.'));
            reload();
          }}
        />
      ),
      true,
    );
  const remove = ({ name, version }: SettingView): void => {
    const change: ConfigChange = {
      section,
      name,
      value: null,
      ...(version !== null && { version }),
    };
    desk.open(t('Remove {name}?', { name }), (close) => (
      <Differences
        change={change}
        verb={t('Remove it')}
        onBack={close}
        onApplied={(isProposed) => {
          close();
          desk.say(isProposed ? PROPOSED : t('It is out of force.'));
          reload();
        }}
      />
    ));
  };
  const look = ({ name, value }: SettingView): void =>
    desk.open(name, () => <pre className="text">{JSON.stringify(value, null, 2)}</pre>, true);
  const test = (name: string): void => {
    call('POST /alerts/{name}/test', { params: { name } })
      .then(({ isDelivered, problem }) =>
        desk.say(
          isDelivered ? t('{name} took it.', { name }) : `${name}: ${problem ?? t('failed')}`,
          isDelivered ? 'good' : 'bad',
        ),
      )
      .catch((thrown: unknown) => desk.say(messageOf(thrown), 'bad'));
  };
  return { edit, remove, look, test };
}
