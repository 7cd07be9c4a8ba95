/** `llmproxy audit key|rotate-key`: the key that signs checkpoints. */
import { type Command } from 'commander';

import {
  addCheckpointKey,
  checkpointKeyFile,
  checkpointSigners,
} from '#runtime/audit/checkpoint-keys.ts';
import { logOrigin } from '#runtime/audit/log-signing.ts';

import type { FolderFlags } from './audit-folder.ts';
import { type CliContext, write, writeJson } from './context.ts';
import { configFor } from './settings.ts';

interface Flags extends FolderFlags {
  readonly json?: boolean;
}

export function addKeyCommands(
  common: (name: string, description: string) => Command,
  context: CliContext,
): void {
  common('key', 'print the public key that checkpoints are signed with').action(
    async (flags: Flags) => {
      const { config } = await configFor(flags.config, context);
      const path = checkpointKeyFile(config.dataDir, config.audit.checkpoint);
      const signers = checkpointSigners(path, logOrigin(config));
      const key = (signers.at(-1) ?? signers[0]).key.text;
      if (flags.json === true) await writeJson(context.stdout, { key });
      else await write(context.stdout, `${key}\n`);
    },
  );
  common('rotate-key', 'sign with a new key from the next checkpoint on').action(
    async (flags: Flags) => {
      const { config } = await configFor(flags.config, context);
      const path = checkpointKeyFile(config.dataDir, config.audit.checkpoint);
      checkpointSigners(path, logOrigin(config));
      const key = addCheckpointKey(path);
      if (flags.json === true) await writeJson(context.stdout, { key });
      else
        await write(
          context.stdout,
          `${key}\nThe gateway hands over at its next checkpoint, signed by both keys. Who trusts the old key can follow; keep this one too.\n`,
        );
    },
  );
}
