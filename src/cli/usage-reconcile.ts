/** `llmproxy usage reconcile`: the ledger beside what a provider says, by day and model, or by key as well. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { usageLines } from '#admin/usage-read.ts';
import type { Config } from '#config/config.ts';
import { type DayUsage, readUsageExport, type UsageExport } from '#metering/provider-usage.ts';
import { type Drift, reconcile } from '#metering/reconcile.ts';
import { parseJson } from '#stdx/json.ts';
import type { Ledger } from '#storage/ledger.ts';

import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';
import { configFor, withLedger } from './settings.ts';

export interface ReconcileFlags {
  readonly config?: string;
  readonly json?: boolean;
  readonly provider?: string;
  /** By the provider's id of a key, the provider that has it in the configuration. */
  readonly key?: ReadonlyMap<string, string>;
  readonly format: UsageExport;
  readonly in: string;
  /** In hundredths. */
  readonly tolerance: number;
}

const FILE_BYTES_MAX = 64 * 1_024 * 1_024;
const DAY_MS = 86_400_000;

/** Ends with 1 where a day of a model is further off than the tolerance. */
export async function reconcileUsage(flags: ReconcileFlags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const entries = entriesOf(flags, config);
  const theirs = readExport(flags, context).map((line) => ({
    ...line,
    key: entries.get(flags.key?.get(line.key ?? '') ?? '') ?? line.key,
  }));
  const drifts = await withLedger(config, async (ledger) =>
    reconcile(await ownUsage(ledger, config, { entries, theirs }), theirs),
  );
  const isOff = ({ driftBasisPoints }: Drift): boolean =>
    Math.abs(driftBasisPoints) > flags.tolerance * 100;
  for (const drift of drifts) {
    const line = { ...drift, isWithin: !isOff(drift) };
    await (flags.json === true
      ? writeJson(context.stdout, line)
      : write(context.stdout, textOf(drift, isOff(drift))));
  }
  const count = drifts.filter(isOff).length;
  if (count === 0) return;
  const told = `${count} of ${drifts.length} lines are further off than ${flags.tolerance} %`;
  throw new CliExit(EXIT.problem, told);
}

function readExport(flags: ReconcileFlags, { cwd }: CliContext): readonly DayUsage[] {
  const bytes = readFileOrExit(resolve(cwd, flags.in));
  const value = parseJson(bytes);
  const read =
    value === undefined ? undefined : readUsageExport(value, flags.format, flags.key !== undefined);
  if (read?.ok !== true) {
    const why = read === undefined ? 'it is not JSON' : read.error;
    throw new CliExit(EXIT.problem, `${flags.in} is no usage export of ${flags.format}: ${why}`);
  }
  return read.value;
}

function readFileOrExit(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length <= FILE_BYTES_MAX) return bytes.toString('utf8');
  } catch {
    throw new CliExit(EXIT.problem, `${path} cannot be read`);
  }
  throw new CliExit(EXIT.problem, `${path} is larger than ${FILE_BYTES_MAX} bytes`);
}

/** By the name of a provider of ours, whose lines they are: of a key, or of all that there is. */
function entriesOf({ provider, key }: ReconcileFlags, config: Config): Entries {
  if ((provider === undefined) === (key === undefined)) {
    throw new CliExit(EXIT.usage, 'write --provider NAME, or --key ID=NAME for each key');
  }
  const entries = new Map<string, string | null>();
  if (provider !== undefined) entries.set(provider, null);
  // A key that was renewed is one with the key before it.
  for (const [id, name] of key ?? []) {
    const before = entries.get(name) ?? null;
    entries.set(name, before === null ? id : `${before}+${id}`);
  }
  for (const name of entries.keys()) {
    if (Object.hasOwn(config.providers, name)) continue;
    throw new CliExit(EXIT.problem, `there is no provider ${name} in the configuration`);
  }
  return entries;
}

type Entries = ReadonlyMap<string, string | null>;

/** Of the days that the provider tells of, by the names that the provider has for models. */
async function ownUsage(
  ledger: Ledger,
  config: Config,
  { entries, theirs }: { readonly entries: Entries; readonly theirs: readonly DayUsage[] },
): Promise<readonly DayUsage[]> {
  const days = theirs.map(({ day }) => Date.parse(day)).toSorted((a, b) => a - b);
  const [first] = days;
  const last = days.at(-1);
  if (first === undefined || last === undefined) return [];
  const asked = {
    fromMs: first,
    toMs: last + DAY_MS,
    by: 'day',
    timeZone: 'UTC',
    tenant: null,
  } as const;
  const named = new Map([...entries.keys()].map((name) => [name, modelsOf(config, name)] as const));
  const known = new Set(theirs.map(({ day }) => day));
  const lines: DayUsage[] = [];
  for await (const line of usageLines(ledger, asked)) {
    const day = new Date(line.fromMs).toISOString().slice(0, 10);
    const { provider, inputTokens, outputTokens } = line;
    const key = provider === null ? undefined : entries.get(provider);
    if (provider === null || key === undefined || !known.has(day)) continue;
    const model = named.get(provider)?.get(line.model) ?? line.model;
    lines.push({ day, model, key, inputTokens, outputTokens });
  }
  return lines;
}

/** By alias. One that stands for several models of the provider keeps its own name. */
function modelsOf({ models }: Config, provider: string): ReadonlyMap<string, string> {
  const named = new Map<string, string>();
  for (const [alias, { deployments }] of Object.entries(models)) {
    const own = deployments.filter((deployment) => deployment.provider === provider);
    const names = new Set(own.map(({ model }) => model ?? alias));
    const [only] = names;
    if (names.size === 1 && only !== undefined) named.set(alias, only);
  }
  return named;
}

function textOf(
  { day, model, key, ours, theirs, driftBasisPoints }: Drift,
  isOff: boolean,
): string {
  const what = [isOff ? 'drift' : 'ok   ', day, ...(key === null ? [] : [printable(key)])];
  const tokens = [ours, theirs].map((of) => `${of.inputTokens}+${of.outputTokens}`);
  const told = [printable(model), `ours ${tokens[0]}`, `theirs ${tokens[1]}`];
  return `${[...what, ...told].join('  ')}  ${(driftBasisPoints / 100).toFixed(2)} %\n`;
}
