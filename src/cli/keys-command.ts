/**
 * `llmproxy keys create|list|revoke|rotate`: works on the data folder, whether or not a gateway runs
 * on it; a running one sees the change within a second. A key is shown once and stored nowhere.
 */
import { Command, InvalidArgumentError } from 'commander';

import { unknownRole } from '#admin/known-roles.ts';
import {
  createKey,
  type IssuedKey,
  type KeyPorts,
  type KeyProblem,
  plainKeyId,
  releaseKey,
  revokeKey,
  rotateKey,
} from '#admin/key-service.ts';
import type { Config } from '#config/config.ts';
import { parseDuration } from '#config/duration.ts';
import type { KeyRecord } from '#storage/records.ts';
import type { Result } from '#stdx/result.ts';

import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';
import { type CreateFlags, fittedOf, wantedOf } from './key-options.ts';
import { actorName, configFor, withStore, subcommandsOf } from './settings.ts';

const PAGE = 500;
const ROLES_MAX = 32;
/** Shorter is a mistake: the key would be over before it is in use. */
const LIFE_MS_MIN = 60_000;

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

export function keysCommand(context: CliContext): Command {
  const keys = new Command('keys').description('make, list, rotate and revoke keys');
  const subcommand = subcommandsOf(keys);
  subcommand('create', 'make a key; its text is shown once')
    .requiredOption('--tenant <id>', 'whose key it is', word)
    .option('--user <id>', 'who uses it', word)
    .option('--service-account <name>', 'the service account that it belongs to', word)
    .option('--team <id>', 'whose team it counts for', word)
    .option(
      '--role <name>',
      'what it may do; may be given again (default: developer, or those of the parent)',
      addRole,
      [],
    )
    .option('--name <text>', 'what it is for', title)
    .option('--expires <duration>', 'how long it works: 90d, 12h', life)
    .option('--parent <id>', 'a key that it may never do more than')
    .option('--action <name>', 'cut down to this action; may be given again', addText, [])
    .option('--model <name>', 'cut down to this model, with *; may be given again', addText, [])
    .option('--tool <name>', 'cut down to this tool, with *; may be given again', addText, [])
    .option('--network <range>', 'works from here only; may be given again', addText, [])
    .option('--hours <hours>', '"mon-fri 08:00-18:00"; may be given again', addText, [])
    .option('--when <condition>', 'works only where this CEL condition is met')
    .option('--honey', 'works for nobody; whoever tries it raises an alert')
    .option('--test', 'a key whose text says that it is for tests')
    .action((flags: CreateFlags) => create(flags, context));
  subcommand('list', 'list keys; never their text')
    .option('--tenant <id>', 'of this tenant only', word)
    .action((flags: Flags & { readonly tenant?: string }) => list(flags, context));
  subcommand('revoke', 'end a key now and for good')
    .argument('<id>')
    .action((id: string, flags: Flags) => revoke(id, flags, context));
  subcommand('release', 'let a key work again that the gateway has put aside')
    .argument('<id>')
    .action((id: string, flags: Flags) => release(id, flags, context));
  subcommand('rotate', 'give a key a new secret; the old one works on for the overlap')
    .argument('<id>')
    .option('--overlap <duration>', 'how long the old secret works', duration, 86_400_000)
    .action((id: string, flags: Flags & { readonly overlap: number }) =>
      rotate(id, flags, context),
    );
  return keys;
}

const WORD = /^[A-Za-z0-9._~@+|:=-]{1,128}$/u;

function word(text: string): string {
  if (WORD.test(text)) return text;
  throw new InvalidArgumentError('Use letters, digits and . _ ~ @ + | : = -, at most 128.');
}

function title(text: string): string {
  if (text.length > 0 && text.length <= 256 && printable(text) === text) return text;
  throw new InvalidArgumentError('Use at most 256 printable characters.');
}

function addRole(text: string, before: readonly string[]): readonly string[] {
  if (before.length >= ROLES_MAX) throw new InvalidArgumentError(`At most ${ROLES_MAX} roles.`);
  return [...before, word(text)];
}

const TEXTS_MAX = 256;

function addText(text: string, before: readonly string[]): readonly string[] {
  if (before.length >= TEXTS_MAX) throw new InvalidArgumentError(`At most ${TEXTS_MAX}.`);
  return [...before, text];
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null) return ms;
  throw new InvalidArgumentError('Write a duration such as 90d, 12h or 30m.');
}

function life(text: string): number {
  const ms = duration(text);
  if (ms >= LIFE_MS_MIN) return ms;
  throw new InvalidArgumentError('Write at least 1m.');
}

async function create(flags: CreateFlags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const { tenant, name = null, test } = flags;
  const wanted = wantedOf(flags);
  const issued = await withStore(config, async (ports) => {
    const fitted = await fittedOf(flags, wanted, { config, ports });
    await requireTenant(tenant, fitted.roles, { config, ports });
    const mode = test === true ? 'test' : 'live';
    return await createKey(ports, { ...fitted, tenant, name, mode }, actorName());
  });
  await show(issued, flags, context);
}

/** A key of a tenant or a role that does not exist would be refused at each call, with no reason. */
async function requireTenant(
  tenant: string,
  roles: readonly string[],
  { config, ports }: { readonly config: Config; readonly ports: KeyPorts },
): Promise<void> {
  const declared = config.tenants.find(({ id }) => id === tenant);
  if (declared === undefined && (await ports.storage.tenants.find(tenant)) === null) {
    const names = config.tenants.map(({ id }) => id).slice(0, 20);
    const known = names.length === 0 ? 'none is declared' : `declared: ${names.join(', ')}`;
    throw new CliExit(EXIT.problem, `there is no tenant "${tenant}"; ${known}`);
  }
  const unknown = await unknownRole(roles, tenant, { config, storage: ports.storage });
  if (unknown === null) return;
  const { at, known } = unknown;
  throw new CliExit(
    EXIT.problem,
    `the tenant "${tenant}" has no role "${roles[at] ?? ''}"; it has ${known}`,
  );
}

async function show({ record, key }: IssuedKey, flags: Flags, context: CliContext): Promise<void> {
  const { stdout } = context;
  if (flags.json === true) return await writeJson(stdout, { ...viewOf(record), key });
  if (!context.isTerminal) return await write(stdout, `${key}\n`);
  await write(
    stdout,
    `id   ${record.id}\nkey  ${key}\n\nThis is the one time that the key is shown: keep it in a secret store.\n`,
  );
}

/** Named field by field: the next field of a record may be a secret. */
function viewOf(record: KeyRecord) {
  const { id, tenant, team, user, serviceAccount, name, roles, mode, secrets } = record;
  return {
    id,
    tenant,
    team,
    user,
    serviceAccount: serviceAccount?.name ?? null,
    name,
    roles,
    mode,
    last4: secrets.at(-1)?.last4 ?? '',
    createdAt: timeText(record.createdMs),
    expiresAt: timeText(record.expiresMs),
    revokedAt: timeText(record.revokedMs),
    quarantinedAt: timeText(record.quarantinedMs),
    parent: record.parent,
    scope: record.scope,
    isHoney: record.isHoney,
  };
}

const timeText = (ms: number | null): string | null =>
  ms === null ? null : new Date(ms).toISOString();

async function list(
  flags: Flags & { readonly tenant?: string },
  context: CliContext,
): Promise<void> {
  const { config } = await configFor(flags.config, context);
  await withStore(config, async ({ storage, clock }) => {
    let after: string | undefined;
    do {
      const page = await storage.keys.list({ tenant: flags.tenant, after, limit: PAGE });
      for (const record of page.items) {
        if (flags.json === true) await writeJson(context.stdout, viewOf(record));
        else await write(context.stdout, lineOf(record, clock.nowMs()));
      }
      after = page.next ?? undefined;
    } while (after !== undefined);
  });
}

function lineOf(record: KeyRecord, nowMs: number): string {
  const { id, tenant, user, serviceAccount, name, roles, secrets, revokedMs, expiresMs } = record;
  const isOver = expiresMs !== null && expiresMs <= nowMs;
  const isAside = record.quarantinedMs !== null;
  const alive = record.isHoney ? 'honey' : isAside ? 'aside' : 'active';
  const state = revokedMs !== null ? 'revoked' : isOver ? 'expired' : alive;
  const cells = [
    id,
    `…${secrets.at(-1)?.last4 ?? ''}`,
    state.padEnd(7),
    tenant,
    user ?? serviceAccount?.name ?? '-',
    roles.join(','),
    name ?? '',
  ];
  return `${printable(cells.join('  ')).trimEnd()}\n`;
}

async function revoke(id: string, flags: Flags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const record = await withStore(config, async (ports) =>
    valueOf(await revokeKey(ports, id, actorName()), id),
  );
  if (flags.json === true) await writeJson(context.stdout, viewOf(record));
  else await write(context.stdout, `${record.id} is revoked\n`);
}

async function release(id: string, flags: Flags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const record = await withStore(config, async (ports) =>
    valueOf(await releaseKey(ports, id, actorName()), id),
  );
  if (flags.json === true) await writeJson(context.stdout, viewOf(record));
  else await write(context.stdout, `${record.id} works again\n`);
}

async function rotate(
  id: string,
  flags: Flags & { readonly overlap: number },
  context: CliContext,
): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const issued = await withStore(config, async (ports) =>
    valueOf(await rotateKey(ports, id, flags.overlap, actorName()), id),
  );
  await show(issued, flags, context);
}

const PROBLEMS: Readonly<Record<KeyProblem['reason'], string>> = {
  'key-unknown': 'does not exist in this data folder',
  'key-revoked': 'is revoked already',
  'key-expired': 'has expired: make another',
  'key-not-quarantined': 'is not put aside',
  'stale-version': 'was changed by somebody else just now: try again',
};

function valueOf<T>(result: Result<T, KeyProblem>, id: string): T {
  if (result.ok) return result.value;
  throw new CliExit(
    EXIT.problem,
    `the key ${printable(plainKeyId(id))} ${PROBLEMS[result.error.reason]}`,
  );
}
