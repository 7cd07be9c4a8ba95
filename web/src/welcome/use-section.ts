/** The entries of a section of the configuration, of the file and of the store. */
import { useCallback } from 'react';

import type { SettingView } from '../../../src/admin/contract.ts';

import { t } from '../messages/message.ts';
import { useSession } from '../session.ts';
import { type Loaded, useLoaded } from '../use-loaded.ts';

export interface Entry extends Pick<SettingView, 'name' | 'managedBy'> {
  /** What the entry says of itself: `type` of a provider or a guard. */
  readonly type: string;
}

export function useSection(section: 'providers' | 'guards'): Loaded<readonly Entry[]> {
  const { call } = useSession();
  const read = useCallback(
    async (signal: AbortSignal): Promise<readonly Entry[]> => {
      const query = { limit: '200' };
      const { items } = await call('GET /config/{section}', { params: { section }, query, signal });
      return items.map(({ name, managedBy, value }) => {
        const { type } = value;
        return { name, managedBy, type: typeof type === 'string' ? type : '' };
      });
    },
    [call, section],
  );
  return useLoaded(read);
}

/** What stands there, and what of it only the file can change. */
export function entriesText(entries: readonly Entry[]): string {
  const of = (managedBy: Entry['managedBy']): string =>
    entries
      .filter((entry) => entry.managedBy === managedBy)
      .map(({ name }) => name)
      .join(', ');
  const [file, store] = [of('file'), of('store')];
  return [
    ...(file === '' ? [] : [t('Of the file, which only the file changes: {file}.', { file })]),
    ...(store === '' ? [] : [t('Added here: {store}.', { store })]),
  ].join(' ');
}
