/** Opens what is kept beside the log, for the gateway and for commands on its folder. */
import type { RootKey } from '#custody/roots/root.ts';
import type { Clock } from '#stdx/clock.ts';
import type { Contents } from '#storage/contents.ts';
import { openContents } from '#storage/sqlite/contents.ts';

import { ContentKeeper } from './content-keeper.ts';
import { ContentKeys } from './content-keys.ts';
import { HoldBook, type HoldBookPorts } from './hold-book.ts';

export interface OpenAuditContents {
  readonly contents: Contents;
  readonly holds: HoldBook;
  readonly content: ContentKeeper;
  readonly contentKeys: ContentKeys;
}

export interface ContentsParts {
  readonly dataDir: string;
  readonly root: RootKey;
  readonly clock: Clock;
  readonly storage: HoldBookPorts['storage'];
}

export function openAuditContents(parts: ContentsParts): OpenAuditContents {
  const { dataDir, root, clock, storage } = parts;
  const contents = openContents(dataDir);
  const contentKeys = new ContentKeys(contents, root, clock);
  const holds = new HoldBook({ contents, storage, nowMs: () => clock.nowMs() });
  return { contents, contentKeys, holds, content: new ContentKeeper(contents, contentKeys, clock) };
}
