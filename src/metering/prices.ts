/**
 * Which price is a deployment's: the alias's own, else the operator's file, else the catalogue, else
 * the ceiling that the operator has set, else none. An unknown price is not zero.
 */
import { type ModelCaps, NO_CAPS, type Price } from '#domain/money.ts';

import { catalogue, CATALOGUE_VERSION } from './catalogue.ts';
import { capsFrom, type ListedModel, type ListedPrice, priceFrom } from './listed-price.ts';

/** The operator's file, read and checked. */
export interface PriceTable {
  /** `file-` and the beginning of its SHA-256. */
  readonly version: string;
  readonly models: ReadonlyMap<string, ListedModel>;
}

/** A price of the configuration: dollars, as YAML reads numbers. */
export interface ConfiguredPrice {
  readonly inputPerMTok: number;
  readonly outputPerMTok: number;
  readonly cacheReadPerMTok?: number | undefined;
  readonly cacheWritePerMTok?: number | undefined;
  readonly cacheWriteLongPerMTok?: number | undefined;
  readonly reasoningPerMTok?: number | undefined;
  readonly perImage?: number | undefined;
  readonly perToolCall?: number | undefined;
}

/** Of a price that is no list's: the most that the operator says such a call may cost. */
const CEILING_VERSION = 'ceiling';

export interface PricedModel {
  readonly price: Price | null;
  readonly caps: ModelCaps;
}

/** A model by the name that its provider has for it, and the operator's name for the provider. */
export interface NamedModel {
  readonly model: string;
  readonly provider?: string;
}

/** What the operator says beside the catalogue. */
export interface OperatorPrices {
  readonly table: PriceTable | null;
  /** A ceiling, for what nobody knows. */
  readonly unknown: ConfiguredPrice | null;
}

const NO_PRICES: OperatorPrices = { table: null, unknown: null };

/** `configured`: of the alias itself. */
export function pricedModel(
  named: NamedModel,
  configured: ConfiguredPrice | null,
  { table, unknown }: OperatorPrices = NO_PRICES,
): PricedModel {
  const listed = listedModel(named, table);
  const caps = listed === null ? NO_CAPS : capsFrom(listed.entry);
  if (configured !== null) return { price: priceFrom(texts(configured), 'configuration'), caps };
  if (listed !== null) return { price: priceFrom(listed.entry, listed.version), caps };
  return { price: unknown === null ? null : priceFrom(texts(unknown), CEILING_VERSION), caps };
}

export interface Listed {
  readonly entry: ListedModel;
  readonly version: string;
}

/** What the lists say of a model, the operator's file first. */
export function listedModel(
  { model, provider }: NamedModel,
  file: PriceTable | null,
): Listed | null {
  const base = undated(model);
  // A dated model with a line of its own is one that costs something else than its base.
  const isBase = base !== model && !catalogue.has(model);
  // One name may be sold by several hosts: lists, and operators, then write the host before it.
  const names = [model, ...(isBase ? [base] : [])];
  const hosted = provider === undefined ? [] : names.map((name) => `${provider}/${name}`);
  const own = file === null ? null : lineOf([...hosted, ...names], file);
  if (own !== null) return own;
  const entry = catalogue.get(model) ?? catalogue.get(base);
  return entry === undefined ? null : { entry, version: CATALOGUE_VERSION };
}

function lineOf(names: readonly string[], { models, version }: PriceTable): Listed | null {
  for (const name of names) {
    const entry = models.get(name);
    if (entry !== undefined) return { entry, version };
  }
  return null;
}

/** `gpt-4o-2024-08-06` and `claude-sonnet-4-5-20250929` without their dates. */
const undated = (model: string): string =>
  model.replace(/-20[0-9]{2}(?:-[0-9]{2}-[0-9]{2}|[0-9]{4})$/u, '');

/**
 * A double prints as the shortest text that reads as the same double, which is what the operator
 * wrote; nothing is computed with it.
 */
function texts({ inputPerMTok, outputPerMTok, ...rest }: ConfiguredPrice): ListedPrice {
  const parts = Object.entries(rest).flatMap(([field, value]) =>
    value === undefined ? [] : [[field, String(value)] as const],
  );
  return {
    inputPerMTok: String(inputPerMTok),
    outputPerMTok: String(outputPerMTok),
    ...Object.fromEntries(parts),
  };
}
