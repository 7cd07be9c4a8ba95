/** Opens what is kept beside the log, for the gateway and for commands on its folder. */
import type { RootKey } from '#custody/roots/root.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Contents } from '#storage/contents.ts';
import { openContents } from '#storage/sqlite/contents.ts';

import { ContentKeeper } from './content-keeper.ts';
import { ContentKeys } from './content-keys.ts';

export interface OpenAuditContents {
  readonly contents: Contents;
  readonly content: ContentKeeper;
  readonly contentKeys: ContentKeys;
}

export function openAuditContents(dataDir: string, root: RootKey, clock: Clock): OpenAuditContents {
  const contents = openContents(dataDir);
  const contentKeys = new ContentKeys(contents, root, clock);
  return { contents, contentKeys, content: new ContentKeeper(contents, contentKeys, clock) };
}
