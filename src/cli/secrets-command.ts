/**
 * `llmproxy secrets status|rewrap|rotate-root`: the keys under which secrets of providers are kept.
 * Works on the data folder, whether or not a gateway runs on it; one that does sees it at once.
 */
import { Command } from 'commander';

import { rewrapAll, type SecretsStatus, secretsStatus } from '#admin/rewrap-service.ts';
import { addRootKey, rootFileIn } from '#config/root-file.ts';
import { openCustody, type OpenCustody } from '#runtime/custody.ts';
import { systemClock } from '#stdx/clock.ts';
import type { Storage } from '#storage/storage.ts';

import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';
import { actorName, configFor, withStore, subcommandsOf } from './settings.ts';

/** A command waits for as long as it takes: whoever started it can stop it, and start it again. */
const REWRAP_MS = 24 * 3_600_000;

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

interface RewrapFlags extends Flags {
  readonly rotateKeys?: boolean;
  readonly rotateSecrets?: boolean;
}

export function secretsCommand(context: CliContext): Command {
  const secrets = new Command('secrets').description('the keys under which secrets are kept');
  const subcommand = subcommandsOf(secrets);
  subcommand('status', 'which key wraps how many secrets').action((flags: Flags) =>
    status(flags, context),
  );
  subcommand('rewrap', 'wraps everything under the newest keys, while a gateway runs')
    .option('--rotate-keys', 'with new keys of tenants')
    .option('--rotate-secrets', 'with a new data key for each secret')
    .action((flags: RewrapFlags) => rewrap(flags, context));
  subcommand('rotate-root', 'adds a version to the file of root keys; rewrap then uses it').action(
    (flags: Flags) => rotateRoot(flags, context),
  );
  return secrets;
}

async function withCustody<T>(
  file: string | undefined,
  context: CliContext,
  work: (storage: Storage, room: OpenCustody) => Promise<T>,
): Promise<T> {
  const { config } = await configFor(file, context);
  const { dataDir, custody: section } = config;
  return await withStore(config, async ({ storage, clock }) => {
    const { env } = context;
    const room = await openCustody({ storage, clock, dataDir, section, env, actor: actorName() });
    try {
      return await work(storage, room);
    } finally {
      await room.close();
    }
  });
}

async function status(flags: Flags, context: CliContext): Promise<void> {
  const found = await withCustody(
    flags.config,
    context,
    async (storage, room) => await secretsStatus({ storage, room }),
  );
  if (flags.json === true) await writeJson(context.stdout, found);
  else await write(context.stdout, linesOf(found));
}

function linesOf({ root, rings, isCurrent }: SecretsStatus): string {
  const lines = rings.flatMap(({ tenant, keys }) =>
    keys.map(({ number, root: by, isNewest, secrets }) => {
      const state = isNewest ? 'newest' : 'older';
      return `${tenant ?? '(platform)'}  key ${number}  ${state}  ${secrets} secrets  ${by}`;
    }),
  );
  const end = isCurrent ? 'everything is under the newest keys' : 'run `llmproxy secrets rewrap`';
  return [...lines, `root key ${root ?? 'cannot be asked'}: ${end}`, '']
    .map((line) => printable(line))
    .join('\n');
}

async function rewrap(flags: RewrapFlags, context: CliContext): Promise<void> {
  const { rotateKeys = false, rotateSecrets = false } = flags;
  const done = await withCustody(flags.config, context, async (storage, room) => {
    const deadlineMs = systemClock.monotonicMs() + REWRAP_MS;
    const ports = { storage, clock: systemClock, room, actor: actorName() };
    return await rewrapAll(ports, { rotateKeys, rotateSecrets, deadlineMs });
  });
  if (flags.json === true) await writeJson(context.stdout, done);
  else
    await write(
      context.stdout,
      `${done.keys} key rings and ${done.secrets} secrets are wrapped anew\n`,
    );
  if (done.unreadable.length === 0) return;
  const what = printable(done.unreadable.join(', '));
  throw new CliExit(EXIT.problem, `these do not open, and were left as they are: ${what}`);
}

async function rotateRoot(flags: Flags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const { root } = config.custody;
  if (root.type !== 'file') {
    throw new CliExit(
      EXIT.problem,
      `the root key is not in a file: rotate it where it is (${root.type})`,
    );
  }
  const version = addRootKey(root.path ?? rootFileIn(config.dataDir));
  if (flags.json === true) await writeJson(context.stdout, { version });
  else
    await write(
      context.stdout,
      `version ${version} of the root key wraps from now on: run \`llmproxy secrets rewrap\`\n`,
    );
}
