/**
 * Lists of prices that others publish, in our words. An entry that cannot be taken as it is meant is
 * left out and named: a wrong price is worse than none.
 */
import { isJsonObject, type JsonObject, type JsonValue, parseExactJson } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { decimalText, scaledUp } from './decimal.ts';
import {
  type ListedModel,
  PER_MTOK_PLACES,
  PER_USE_PLACES,
  PICO_USD_PER_TOKEN_MAX,
  USE_NANO_USD_MAX,
} from './listed-price.ts';
import { isModelName, PRICE_ENTRIES_MAX } from './price-file.ts';

/** A dollar for a token is 10^12 pico-dollars for one. */
const PICO_PLACES = 12;
const CAP_TOKENS_MAX = 1_000_000_000;

/** An entry in our words; why it is left out; or null where it is not about tokens at all. */
export type Reading =
  | { readonly entry: ListedModel; readonly note?: string }
  | { readonly problem: string }
  | null;

export interface ListFormat {
  readonly name: string;
  /** Null where the document is not of this format. */
  entries(root: JsonValue): readonly (readonly [name: string, entry: JsonValue])[] | null;
  read(entry: JsonObject): Reading;
}

export interface Remark {
  readonly model: string;
  readonly text: string;
}

export interface ImportedList {
  readonly models: ReadonlyMap<string, ListedModel>;
  readonly leftOut: readonly Remark[];
  /** Entries that were taken and are not quite what the list says. */
  readonly notes: readonly Remark[];
}

export function importList(text: string, format: ListFormat): Result<ImportedList, string> {
  const root = parseExactJson(text);
  const entries = root === undefined ? null : format.entries(root);
  if (entries === null) return err(`this is no list of the format ${format.name}`);
  if (entries.length > PRICE_ENTRIES_MAX) return err('the list has more than 50,000 entries');
  const models = new Map<string, ListedModel>();
  const leftOut: Remark[] = [];
  const notes: Remark[] = [];
  for (const [model, value] of entries) {
    const reading = readingOf(model, value, format);
    if (reading === null) continue;
    if ('problem' in reading) leftOut.push({ model, text: reading.problem });
    else {
      models.set(model, reading.entry);
      if (reading.note !== undefined) notes.push({ model, text: reading.note });
    }
  }
  return ok({ models, leftOut, notes });
}

function readingOf(model: string, value: JsonValue, format: ListFormat): Reading {
  if (!isJsonObject(value)) return { problem: 'the entry is not an object' };
  const reading = format.read(value);
  if (reading === null || 'problem' in reading || isModelName(model)) return reading;
  return { problem: 'no deployment can have this name' };
}

/** Fields of an entry, one after another; the first problem is kept. */
export class EntryFields {
  readonly #entry: JsonObject;
  problem: string | null = null;

  constructor(entry: JsonObject) {
    this.#entry = entry;
  }

  /** Dollars for a token, as text of dollars for a million; undefined where it is not said. */
  perMTok(...keys: readonly string[]): string | undefined {
    return this.#most(keys, PICO_PLACES, PICO_USD_PER_TOKEN_MAX, PER_MTOK_PLACES);
  }

  /** A part of input or output. Lists say 0 where it has no price of its own. */
  partPerMTok(...keys: readonly string[]): string | undefined {
    const text = this.perMTok(...keys);
    return text === '0' ? undefined : text;
  }

  /** Dollars for one use. */
  perUse(...keys: readonly string[]): string | undefined {
    const text = this.#most(keys, PER_USE_PLACES, USE_NANO_USD_MAX, PER_USE_PLACES);
    return text === '0' ? undefined : text;
  }

  /** A cap only ever makes a bound tighter, so one that cannot be read may be left out. */
  cap(key: string): number | undefined {
    const value = this.#entry[key];
    const cap = typeof value === 'string' ? scaledUp(value, 0, CAP_TOKENS_MAX) : null;
    return cap === null || cap === 0 ? undefined : cap;
  }

  /** Of several prices for one thing, the dearest. */
  #most(
    keys: readonly string[],
    places: number,
    max: number,
    textPlaces: number,
  ): string | undefined {
    let most: number | undefined;
    for (const key of keys) {
      const value = this.#entry[key] ?? null;
      if (value === null) continue;
      const units = typeof value === 'string' ? scaledUp(value, places, max) : null;
      if (units === null) this.problem ??= `${key} is no price from 0 to the most that is allowed`;
      else most = Math.max(most ?? 0, units);
    }
    return most === undefined ? undefined : decimalText(most, textPlaces);
  }
}

type Draft = { readonly [Field in keyof ListedModel]?: ListedModel[Field] | undefined };

/** Without the fields that the list does not say. */
export function entryOf(inputPerMTok: string, outputPerMTok: string, rest: Draft): ListedModel {
  const { cacheReadPerMTok, cacheWritePerMTok, cacheWriteLongPerMTok, reasoningPerMTok } = rest;
  const { perImage, perToolCall, outputTokensMax, contextTokensMax } = rest;
  return {
    inputPerMTok,
    outputPerMTok,
    ...(cacheReadPerMTok !== undefined && { cacheReadPerMTok }),
    ...(cacheWritePerMTok !== undefined && { cacheWritePerMTok }),
    ...(cacheWriteLongPerMTok !== undefined && { cacheWriteLongPerMTok }),
    ...(reasoningPerMTok !== undefined && { reasoningPerMTok }),
    ...(perImage !== undefined && { perImage }),
    ...(perToolCall !== undefined && { perToolCall }),
    ...(outputTokensMax !== undefined && { outputTokensMax }),
    ...(contextTokensMax !== undefined && { contextTokensMax }),
  };
}
