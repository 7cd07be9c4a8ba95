/** The configuration of a command that works on the data folder, and the parts that it opens. */
import { userInfo } from 'node:os';

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

import type { Command } from 'commander';

import { type KeyPorts } from '#admin/key-service.ts';
import type { Config } from '#config/config.ts';
import { demoConfig } from '#config/demo-config.ts';
import { formatIssues } from '#config/issue.ts';
import { type LoadedConfig, loadConfig, type LoadOptions } from '#config/load.ts';
import { fittingPeppers } from '#runtime/fitting-peppers.ts';
import { openLedger } from '#runtime/open-ledger.ts';
import { openStorage } from '#runtime/open-storage.ts';
import { systemClock } from '#stdx/clock.ts';
import type { Ledger } from '#storage/ledger.ts';

import { CliExit, type CliContext, EXIT } from './context.ts';

export const CONFIG_OPTION = '--config <file>';
export const CONFIG_HELP = 'the configuration (default: ./llmproxy.yaml, else the demo)';
export const DEFAULT_FILE = 'llmproxy.yaml';

/** A maker of subcommands: each takes a configuration, and can answer in JSON. */
export const subcommandsOf =
  (parent: Command) =>
  (name: string, description: string): Command =>
    parent
      .command(name)
      .description(description)
      .option(CONFIG_OPTION, CONFIG_HELP)
      .option('--json', 'JSON on stdout');

const FOR_TOOLS: LoadOptions = { needsProviderKeys: false };

/** The file that is named, or `llmproxy.yaml` where there is one, or the demo's configuration. */
export async function configFor(
  file: string | undefined,
  context: CliContext,
  options: LoadOptions = FOR_TOOLS,
): Promise<LoadedConfig> {
  const { cwd, env } = context;
  const path = resolve(cwd, file ?? DEFAULT_FILE);
  if (file === undefined && !existsSync(path)) return demoConfig(resolve(cwd, 'llmproxy-data'));
  const loaded = await loadConfig(path, env, options);
  if (!loaded.ok) throw new CliExit(EXIT.problem, formatIssues(loaded.problems).trimEnd());
  return loaded;
}

/** Runs with the configured store open, whether or not a gateway has it open too, and closes it. */
export async function withStore<T>(
  config: Pick<Config, 'dataDir' | 'storage'>,
  work: (ports: KeyPorts) => Promise<T>,
): Promise<T> {
  const storage = await openStorage(config, systemClock);
  try {
    const peppers = await fittingPeppers(storage, config.dataDir);
    return await work({ storage, peppers, clock: systemClock });
  } finally {
    await storage.close();
  }
}

/** The ledger that the configuration names, whether or not gateways write into it now. */
export async function withLedger<T>(
  config: Pick<Config, 'dataDir' | 'ledger' | 'storage'>,
  work: (ledger: Ledger) => Promise<T>,
): Promise<T> {
  return await withStore(config, async ({ storage }) => {
    const opened = await openLedger(config, storage);
    try {
      return await work(opened.ledger);
    } finally {
      await opened.close();
    }
  });
}

/** Administrators are told apart by the account that ran the command. */
export function actorName(): string {
  try {
    return `cli:${userInfo().username}`;
  } catch {
    // A container may run as a number that has no name.
    return `cli:${process.getuid?.() ?? 'unknown'}`;
  }
}
