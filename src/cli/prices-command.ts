/**
 * `llmproxy prices import|list|diff`: what calls cost by which list. Nothing here asks a network:
 * the operator fetches a list, and can read it before it is money.
 */
import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

import { Command, Option } from 'commander';

import type { Config } from '#config/config.ts';
import { formatDifferences } from '#config/diff.ts';
import { readAtMost, readPriceTable } from '#config/prices-file.ts';
import { catalogue } from '#metering/catalogue.ts';
import { type ImportedList, importList, type Remark } from '#metering/imported-list.ts';
import { litellmList } from '#metering/litellm-list.ts';
import { openrouterList } from '#metering/openrouter-list.ts';
import { PRICE_FILE_BYTES_MAX, priceFileText } from '#metering/price-file.ts';
import { pricedModel, type PricedModel, type PriceTable } from '#metering/prices.ts';

import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';
import { priceDifferences, type PriceRow, rowLine, rowOf } from './price-rows.ts';
import { configFor, subcommandsOf } from './settings.ts';

const FORMATS = { litellm: litellmList, openrouter: openrouterList } as const;

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

interface ImportFlags extends Flags {
  readonly format: keyof typeof FORMATS;
  readonly in: string;
  readonly out: string;
}

export function pricesCommand(context: CliContext): Command {
  const prices = new Command('prices').description(
    'list prices: where they are from, what they are',
  );
  const subcommand = subcommandsOf(prices);
  subcommand('import', 'write a file of prices from a list of others; 1 where entries are left out')
    .addOption(
      new Option('--format <format>', 'whose list it is')
        .choices(Object.keys(FORMATS))
        .makeOptionMandatory(),
    )
    .requiredOption('--in <file>', 'the list, as it was downloaded')
    .option('--out <file>', 'the file to write, for `prices.file`', 'prices.json')
    .action((flags: ImportFlags) => importPrices(flags, context));
  subcommand('list', 'the prices in force: of the configuration, of its file, of the catalogue')
    .argument('[model]', 'one alias, or one model by the name that its provider has for it')
    .action((model: string | undefined, flags: Flags) => list(model, flags, context));
  subcommand('diff', 'what the file of prices says differently from the catalogue')
    .argument('[file]', 'instead: what this file would change, in the place of the one in force')
    .action((file: string | undefined, flags: Flags) => diff(file, flags, context));
  return prices;
}

async function importPrices(flags: ImportFlags, context: CliContext): Promise<void> {
  const { cwd, stdout } = context;
  const list = await listOf(resolve(cwd, flags.in), flags.format);
  const out = resolve(cwd, flags.out);
  const { models, leftOut, notes } = list;
  if (models.size === 0) throw new CliExit(EXIT.problem, 'the list has no price that can be taken');
  writeWhole(out, priceFileText(models));
  await tellRemarks(list, flags, context);
  if (flags.json === true) {
    const counts = { models: models.size, leftOut: leftOut.length, notes: notes.length };
    await writeJson(stdout, { ...counts, out });
  } else await write(stdout, `${models.size} models are written to ${printable(out)}\n`);
  if (leftOut.length > 0) throw new CliExit(EXIT.problem, `${leftOut.length} entries are left out`);
}

async function listOf(path: string, format: keyof typeof FORMATS): Promise<ImportedList> {
  const bytes = await readAtMost(path, PRICE_FILE_BYTES_MAX);
  if (bytes === null) throw new CliExit(EXIT.problem, `${printable(path)} cannot be read`);
  if (bytes.length > PRICE_FILE_BYTES_MAX) {
    throw new CliExit(EXIT.problem, `${printable(path)} is larger than 32 MB`);
  }
  const list = importList(bytes.toString('utf8'), FORMATS[format]);
  if (!list.ok) throw new CliExit(EXIT.problem, list.error);
  return list.value;
}

/** Names are other people's text: bounded, and without control characters. */
async function tellRemarks(
  { leftOut, notes }: ImportedList,
  { json }: Flags,
  { stdout, stderr }: CliContext,
): Promise<void> {
  const tell = async (what: 'leftOut' | 'note', { model, text }: Remark): Promise<void> => {
    const name = printable(model).slice(0, 256);
    if (json === true) await writeJson(stdout, { model: name, [what]: text });
    else await write(stderr, `${what === 'note' ? 'note' : 'left out'}: ${name}: ${text}\n`);
  };
  for (const remark of leftOut) await tell('leftOut', remark);
  for (const remark of notes) await tell('note', remark);
}

/** Whole or not at all: a gateway may read the file at any moment. */
function writeWhole(path: string, text: string): void {
  const draft = `${path}.${process.pid}.writing`;
  try {
    const file = openSync(draft, 'wx', 0o644);
    try {
      writeFileSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch {
    // The path is in our sentence, and the operator can look; a foreign error adds its words alone.
    rmSync(draft, { force: true });
    throw new CliExit(EXIT.problem, `${printable(path)} cannot be written`);
  }
}

async function list(model: string | undefined, flags: Flags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const rows = model === undefined ? allRows(config) : rowsFor(model, config);
  const isUnknown = model !== undefined && rows.every(({ version }) => version === null);
  for (const row of rows) {
    if (flags.json === true) await writeJson(context.stdout, row);
    else await write(context.stdout, `${printable(rowLine(row))}\n`);
  }
  if (isUnknown) throw new CliExit(EXIT.problem, `no price is known for ${printable(model)}`);
}

const tableOf = ({ prices }: Config): PriceTable | null => prices?.table ?? null;

/** What deployments cost, and then every line of the lists. */
function allRows(config: Config): PriceRow[] {
  const table = tableOf(config);
  const models = new Set([...(table?.models.keys() ?? []), ...catalogue.keys()]);
  return [
    ...Object.keys(config.models).flatMap((alias) => aliasRows(alias, config)),
    ...[...models]
      .sort()
      .map((model) => rowOf({ model }, pricedModel({ model }, null, { table, unknown: null }))),
  ];
}

function rowsFor(model: string, config: Config): PriceRow[] {
  const rows = aliasRows(model, config);
  if (rows.length > 0) return rows;
  const priced: PricedModel = pricedModel({ model }, null, {
    table: tableOf(config),
    unknown: null,
  });
  return priced.price === null ? [] : [rowOf({ model }, priced)];
}

function aliasRows(alias: string, config: Config): PriceRow[] {
  const section = Object.hasOwn(config.models, alias) ? config.models[alias] : undefined;
  if (section === undefined) return [];
  const price = section.price ?? null;
  return section.deployments.map(({ provider, model = alias }) =>
    rowOf({ alias, provider, model }, pricedModel({ provider, model }, price, config.prices)),
  );
}

async function diff(file: string | undefined, flags: Flags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  const inForce = tableOf(config);
  const sides = file === undefined ? [null, inForce] : [inForce, await tableIn(file, context)];
  const differences = priceDifferences(sides[0] ?? null, sides[1] ?? null);
  if (flags.json !== true) await write(context.stdout, printed(formatDifferences(differences)));
  else for (const difference of differences) await writeJson(context.stdout, difference);
}

/** Line ends are ours. */
const printed = (text: string): string => text.split('\n').map(printable).join('\n');

async function tableIn(file: string, { cwd }: CliContext): Promise<PriceTable> {
  const path = resolve(cwd, file);
  const table = await readPriceTable(path);
  if (!table.ok) throw new CliExit(EXIT.problem, `${printable(path)}: ${table.error}`);
  return table.value;
}
