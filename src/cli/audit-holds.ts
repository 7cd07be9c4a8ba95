/**
 * `llmproxy audit holds|hold|release`: keeping what may not be forgotten. Works on the store, for
 * every gateway on it, whether or not one runs.
 */
import type { Command } from 'commander';

import { isKnownTenant, type TenantTraces } from '#admin/audit/known-tenant.ts';
import { randomBase62 } from '#stdx/base62.ts';
import { systemClock } from '#stdx/clock.ts';
import type { HoldRecord } from '#storage/hold-records.ts';
import { storedHolds } from '#storage/stored-holds.ts';

import { type Flags, noted, withContents, withIndex } from './audit-person.ts';
import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';
import { actorName } from './settings.ts';

interface HoldFlags extends Flags {
  readonly tenant?: string;
  readonly user?: string;
  readonly reason: string;
}

export function addHoldCommands(
  common: (name: string, description: string) => Command,
  context: CliContext,
): void {
  common('holds', 'what may not be erased or deleted').action((flags: Flags) =>
    listHolds(flags, context),
  );
  common('hold', 'keep a tenant, or one person, from erasure and retention')
    .option('--tenant <id>', 'left out: everything')
    .option('--user <id>', 'one person of the tenant')
    .requiredOption('--reason <text>', 'the case; it stands in the log, so name nobody')
    .action((flags: HoldFlags) => hold(flags, context));
  common('release', 'end a hold')
    .argument('<id>', 'the hold, as `audit holds` names it')
    .action((id: string, flags: Flags) => release(id, flags, context));
}

async function listHolds(flags: Flags, context: CliContext): Promise<void> {
  await withContents(flags, context, async ({ holds, storage }) => {
    await holds.refresh();
    for (const { atMs, ...held } of await storedHolds(storage.holds, null)) {
      const { id, tenant, user, reason, actor, isOfPlatform } = held;
      const at = new Date(atMs).toISOString();
      if (flags.json === true)
        await writeJson(context.stdout, { id, tenant, user, reason, actor, isOfPlatform, at });
      else {
        const by = isOfPlatform ? `${actor} (platform)` : actor;
        const line = [id, at, tenant ?? '(everything)', user ?? '', by, reason].join('  ');
        await write(context.stdout, `${printable(line)}\n`);
      }
    }
  });
}

async function hold(flags: HoldFlags, context: CliContext): Promise<void> {
  const { tenant = null, user = null, reason } = flags;
  if (user !== null && tenant === null)
    throw new CliExit(EXIT.usage, 'a person is of a tenant: name it with --tenant');
  await withContents(flags, context, async ({ holds, storage, config }) => {
    if (tenant !== null) await requireKnown(tenant, { config, storage });
    const added: HoldRecord = {
      id: `hld_${randomBase62(20)}`,
      tenant,
      user,
      reason,
      actor: actorName(),
      // Whoever is at the data folder is of no tenant.
      isOfPlatform: true,
      atMs: systemClock.nowMs(),
      version: 1,
    };
    const diff = { scope: user === null ? 'all' : 'person', reason };
    const about = { resource: `hold/${added.id}`, tenant, diff };
    await noted(storage, 'hold.create', about, (tx) => tx.holds.insert(added));
    await holds.refresh();
    if (flags.json === true) await writeJson(context.stdout, { id: added.id });
    else await write(context.stdout, `${added.id}\n`);
  });
}

/** A hold on a mistyped name keeps nothing, and looks as if it did. */
async function requireKnown(
  tenant: string,
  of: Pick<TenantTraces, 'config' | 'storage'>,
): Promise<void> {
  const isKnown = await withIndex(of.config, (index) =>
    isKnownTenant(tenant, { ...of, search: (query) => index.search(query) }),
  );
  if (isKnown) return;
  const name = printable(tenant);
  throw new CliExit(
    EXIT.problem,
    `there is no tenant "${name}" for --tenant, and no call of one: \`llmproxy tenants list\` shows those there are`,
  );
}

async function release(id: string, flags: Flags, context: CliContext): Promise<void> {
  await withContents(flags, context, async ({ holds, storage }) => {
    await holds.refresh();
    const held = await storage.holds.find(id);
    if (held === null) throw new CliExit(EXIT.problem, `there is no hold ${printable(id)}`);
    const about = { resource: `hold/${id}`, tenant: held.tenant, diff: {} };
    await noted(storage, 'hold.delete', about, (tx) => tx.holds.remove(id, held.version));
    await holds.refresh();
  });
}
