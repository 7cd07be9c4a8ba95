/** Prices as a person reads them: dollars for a million tokens, and where they are from. */
import type { Difference } from '#config/diff.ts';
import type { Price } from '#domain/money.ts';
import { decimalText } from '#metering/decimal.ts';
import { PER_MTOK_PLACES, PER_USE_PLACES } from '#metering/listed-price.ts';
import { listedModel, type PricedModel, type PriceTable } from '#metering/prices.ts';
import type { JsonValue } from '#stdx/json.ts';

interface Place {
  readonly alias?: string;
  readonly provider?: string;
  readonly model: string;
}

interface Amounts {
  readonly inputPerMTok: string;
  readonly outputPerMTok: string;
  readonly cacheReadPerMTok: string;
  readonly cacheWritePerMTok: string;
  readonly cacheWriteLongPerMTok: string;
  readonly reasoningPerMTok: string;
  readonly perImage: string;
  readonly perToolCall: string;
}

export interface PriceRow extends Place, Partial<Amounts> {
  /** Null: no price is known. */
  readonly version: string | null;
  readonly outputTokensMax: number | null;
  readonly contextTokensMax: number | null;
}

export const rowOf = (place: Place, { price, caps }: PricedModel): PriceRow => ({
  ...place,
  ...(price !== null && amountsOf(price)),
  ...caps,
  version: price?.version ?? null,
});

const perMTok = (pico: number): string => decimalText(pico, PER_MTOK_PLACES);
const perUse = (nano: number): string => decimalText(nano, PER_USE_PLACES);

const amountsOf = (price: Price): Amounts => ({
  inputPerMTok: perMTok(price.inputPicoUsdPerToken),
  outputPerMTok: perMTok(price.outputPicoUsdPerToken),
  cacheReadPerMTok: perMTok(price.cacheReadPicoUsdPerToken),
  cacheWritePerMTok: perMTok(price.cacheWritePicoUsdPerToken),
  cacheWriteLongPerMTok: perMTok(price.cacheWriteLongPicoUsdPerToken),
  reasoningPerMTok: perMTok(price.reasoningPicoUsdPerToken),
  perImage: perUse(price.imageNanoUsd),
  perToolCall: perUse(price.hostedToolCallNanoUsd),
});

export function rowLine({ alias, provider, model, version, ...row }: PriceRow): string {
  const name = alias === undefined ? model : `${alias} (${provider ?? ''}/${model})`;
  if (version === null) return `${name}  no price is known`;
  const { inputPerMTok = '', outputPerMTok = '' } = row;
  const { cacheReadPerMTok = '', cacheWritePerMTok = '' } = row;
  const cache = `cache ${cacheReadPerMTok} read, ${cacheWritePerMTok} written`;
  return `${name}  in ${inputPerMTok}  out ${outputPerMTok}  ${cache}  ${version}`;
}

/** What another file in the place of this one changes, the catalogue behind both. */
export function priceDifferences(from: PriceTable | null, to: PriceTable | null): Difference[] {
  const models = new Set([...(from?.models.keys() ?? []), ...(to?.models.keys() ?? [])]);
  return [...models].sort().flatMap((model) => {
    const [a, b] = [entryOf(model, from), entryOf(model, to)];
    if (a === null) return b === null ? [] : [{ path: model, kind: 'added', to: b } as const];
    if (b === null) return [{ path: model, kind: 'removed', from: a } as const];
    return changes(model, a, b);
  });
}

type Entry = Readonly<Record<string, string | number>>;

const entryOf = (model: string, table: PriceTable | null): Entry | null => {
  const listed = listedModel({ model }, table);
  return listed === null ? null : { ...listed.entry };
};

/** A field that is not said is not compared as a price: it has the price of what it is a part of. */
function changes(model: string, a: Entry, b: Entry): Difference[] {
  const fields = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...fields].flatMap((field): Difference[] => {
    const [from, to]: JsonValue[] = [a[field] ?? null, b[field] ?? null];
    if (from === to) return [];
    return [{ path: `${model}.${field}`, kind: 'changed', from: from ?? null, to: to ?? null }];
  });
}
