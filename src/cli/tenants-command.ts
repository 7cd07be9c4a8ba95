/**
 * `llmproxy tenants list|create|suspend|resume|export|delete`: works on the data folder, whether or
 * not a gateway runs on it; a running one sees the change within a second. Tenants of the file are
 * shown and exported; they are changed in the file.
 */
import { Command, InvalidArgumentError } from 'commander';

import { declaredTenants } from '#admin/declared.ts';
import { type Problem, problemTexts } from '#admin/problem.ts';
import { exportPage } from '#admin/tenant-export.ts';
import {
  type By,
  createTenant,
  editTenant,
  removeTenant,
  type TenantPorts,
} from '#admin/tenant-service.ts';
import { showTenant, type TenantOut } from '#admin/views.ts';
import { parseDuration } from '#config/duration.ts';
import { nameField } from '#config/fields.ts';
import type { TenantRecord } from '#storage/records.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Result } from '#stdx/result.ts';

import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';
import { actorName, configFor, withStore, subcommandsOf } from './settings.ts';

const PAGE = 500;
/** Shorter is a mistake: the keys would be over before they are in use. */
const LIFE_MS_MIN = 60_000;

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

interface CreateFlags extends Flags {
  readonly name?: string;
  readonly keyLifetimeMax?: number;
  readonly boundTokens?: boolean;
}

export function tenantsCommand(context: CliContext): Command {
  const tenants = new Command('tenants').description(
    'list, make, suspend, export and delete tenants',
  );
  const subcommand = subcommandsOf(tenants);
  subcommand('list', 'the tenants of the file and of the store').action((flags: Flags) =>
    list(flags, context),
  );
  subcommand('create', 'make a tenant in the store')
    .argument('<id>', 'stands in keys, records and metrics', name)
    .option('--name <text>', 'for people', title)
    .option('--key-lifetime-max <duration>', 'how long its keys work at most: 90d', life)
    .option('--bound-tokens', 'take only tokens that are bound to a certificate or a key')
    .action((id: string, flags: CreateFlags) => create(id, flags, context));
  subcommand('suspend', 'refuse its calls and end those that run')
    .argument('<id>')
    .action((id: string, flags: Flags) => setStatus(id, 'suspended', flags, context));
  subcommand('resume', 'let a suspended tenant go on')
    .argument('<id>')
    .action((id: string, flags: Flags) => setStatus(id, 'active', flags, context));
  subcommand('export', 'all that the store holds of it, one JSON object a line; nothing secret')
    .argument('<id>')
    .action((id: string, flags: Flags) => exportAll(id, flags, context));
  subcommand('delete', 'remove a tenant that nothing belongs to any more')
    .argument('<id>')
    .action((id: string, flags: Flags) => remove(id, flags, context));
  return tenants;
}

function name(text: string): string {
  if (nameField.safeParse(text).success) return text;
  throw new InvalidArgumentError('Use lower-case letters, digits and hyphens, at most 63.');
}

function title(text: string): string {
  if (text.length > 0 && text.length <= 256 && printable(text) === text) return text;
  throw new InvalidArgumentError('Use at most 256 printable characters.');
}

function life(text: string): number {
  const ms = parseDuration(text);
  if (ms !== null && ms >= LIFE_MS_MIN) return ms;
  throw new InvalidArgumentError('Write a duration such as 90d or 12h, at least 1m.');
}

async function withTenants<T>(
  flags: Flags,
  context: CliContext,
  work: (ports: TenantPorts) => Promise<T>,
): Promise<T> {
  const { config } = await configFor(flags.config, context);
  return await withStore(config, async ({ storage, clock }) =>
    work({ storage, clock, config: () => config }),
  );
}

const by = (action: string): By => ({ id: `chg_${randomBase62(20)}`, actor: actorName(), action });

async function list(flags: Flags, context: CliContext): Promise<void> {
  await withTenants(flags, context, async ({ storage, config }) => {
    const declared = declaredTenants(config());
    for (const tenant of declared) await show(tenant, flags, context);
    const known = new Set(declared.map(({ id }) => id));
    let after: string | undefined;
    do {
      const page = await storage.tenants.list({ after, limit: PAGE });
      for (const record of page.items) {
        if (!known.has(record.id)) await show(showTenant(record), flags, context);
      }
      after = page.next ?? undefined;
    } while (after !== undefined);
  });
}

async function show(tenant: TenantOut, flags: Flags, { stdout }: CliContext): Promise<void> {
  if (flags.json === true) return await writeJson(stdout, tenant);
  const cells = [tenant.id, tenant.status, `by the ${tenant.managedBy}`, tenant.name ?? ''];
  await write(stdout, `${printable(cells.join('  ').trimEnd())}\n`);
}

async function create(id: string, flags: CreateFlags, context: CliContext): Promise<void> {
  const wanted = {
    id,
    name: flags.name ?? null,
    keyLifeMsMax: flags.keyLifetimeMax ?? null,
    boundTokens: flags.boundTokens === true,
    groupRoles: {},
  };
  const made = await withTenants(flags, context, (ports) =>
    createTenant(ports, by('tenant.create'), wanted),
  );
  await show(showTenant(done(id, made)), flags, context);
}

async function setStatus(
  id: string,
  status: TenantRecord['status'],
  flags: Flags,
  context: CliContext,
): Promise<void> {
  const edited = await withTenants(flags, context, async (ports) =>
    editTenant(ports, by('tenant.update'), await stored(id, ports), { status }),
  );
  await show(showTenant(done(id, edited)), flags, context);
}

async function remove(id: string, flags: Flags, context: CliContext): Promise<void> {
  const removed = await withTenants(flags, context, async (ports) =>
    removeTenant(ports, by('tenant.delete'), await stored(id, ports)),
  );
  done(id, removed);
  if (flags.json === true) await writeJson(context.stdout, { id });
  else await write(context.stdout, `${id} is deleted\n`);
}

async function exportAll(id: string, flags: Flags, context: CliContext): Promise<void> {
  await withTenants(flags, context, async (ports) => {
    let after: string | undefined;
    do {
      const page = await exportPage(ports, id, { after, limit: PAGE });
      if (page === null || (after === undefined && page.items[0]?.kind !== 'tenant')) {
        throw unknownTenant(id);
      }
      for (const item of page.items) await writeJson(context.stdout, item);
      after = page.next ?? undefined;
    } while (after !== undefined);
  });
}

const unknownTenant = (id: string): CliExit =>
  new CliExit(
    EXIT.problem,
    `there is no tenant "${printable(id)}": \`llmproxy tenants list\` shows those there are`,
  );

async function stored(id: string, { storage, config }: TenantPorts): Promise<TenantRecord> {
  if (declaredTenants(config()).some((tenant) => tenant.id === id)) {
    throw new CliExit(
      EXIT.problem,
      `the tenant "${id}" is the configuration file's: change it there`,
    );
  }
  const record = await storage.tenants.find(id);
  if (record === null) throw unknownTenant(id);
  return record;
}

function done<T>(id: string, result: Result<T, Problem>): T {
  if (result.ok) return result.value;
  const { detail } = problemTexts[result.error.reason];
  throw new CliExit(EXIT.problem, `the tenant "${printable(id)}": ${detail}`);
}
