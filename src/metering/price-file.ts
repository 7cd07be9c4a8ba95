/**
 * The operator's file of prices, as `llmproxy prices import` writes it: the words of the
 * configuration, with decimal numbers as text, so that what is read is what was written.
 *
 *   {"version":1,"models":{"gpt-4o":{"inputPerMTok":"2.5","outputPerMTok":"10"}}}
 */
import { isJsonObject, type JsonObject, type JsonValue, parseJson } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import {
  type ListedModel,
  perTokenFields,
  perUseFields,
  picoUsdPerToken,
  type PriceField,
  useNanoUsd,
} from './listed-price.ts';

export const PRICE_FILE_BYTES_MAX = 32 * 1_000_000;
export const PRICE_ENTRIES_MAX = 50_000;
const MODEL = /^[A-Za-z0-9][A-Za-z0-9._:/@+-]{0,255}$/u;
const CAP_TOKENS_MAX = 1_000_000_000;

const capFields = ['outputTokensMax', 'contextTokensMax'] as const;
const isPerToken = (field: string): boolean => perTokenFields.some((name) => name === field);

/** Names that a deployment can have. */
export const isModelName = (text: string): boolean => MODEL.test(text);

/** The models by name, or the first thing that is wrong, with its place. */
export function parsePriceFile(text: string): Result<ReadonlyMap<string, ListedModel>, string> {
  const root = parseJson(text);
  if (!isJsonObject(root)) return err('the file is not a JSON object');
  const { version, models, ...rest } = root;
  const [unknown] = Object.keys(rest);
  if (unknown !== undefined) return err(`there is no such key: ${shown(unknown)}`);
  if (version !== 1) return err('`version` must be 1');
  if (!isJsonObject(models)) return err('`models` must be an object');
  const entries = Object.entries(models);
  if (entries.length > PRICE_ENTRIES_MAX) return err('`models` has more than 50,000 entries');
  const read = new Map<string, ListedModel>();
  for (const [name, value] of entries) {
    const at = `models[${shown(name)}]`;
    if (!isModelName(name)) return err(`${at} is not the name of a model`);
    if (!isJsonObject(value)) return err(`${at} must be an object`);
    if (!isListedModel(value)) return err(`${at}.${problemOf(value)}`);
    read.set(name, value);
  }
  return ok(read);
}

const isListedModel = (entry: JsonObject): entry is JsonObject & ListedModel =>
  problemOf(entry) === null;

function problemOf(entry: JsonObject): string | null {
  for (const field of ['inputPerMTok', 'outputPerMTok']) {
    if (entry[field] === undefined) return `${field} is missing`;
  }
  for (const [field, value] of Object.entries(entry)) {
    const problem = fieldProblem(field, value);
    if (problem !== null) return `${shownField(field)} ${problem}`;
  }
  return null;
}

function fieldProblem(field: string, value: JsonValue | undefined): string | null {
  if (capFields.some((name) => name === field)) {
    const isCap = typeof value === 'number' && Number.isSafeInteger(value);
    if (isCap && value > 0 && value <= CAP_TOKENS_MAX) return null;
    return 'must be an integer from 1 to 1,000,000,000';
  }
  if (![...perTokenFields, ...perUseFields].some((name) => name === field)) {
    return 'is no field of a price';
  }
  if (isPriceText(field, value)) return null;
  return isPerToken(field)
    ? 'must be a decimal number in quotes, from 0 to 1,000,000'
    : 'must be a decimal number in quotes, from 0 to 1,000';
}

const isPriceText = (field: string, value: JsonValue | undefined): boolean =>
  typeof value === 'string' &&
  (isPerToken(field) ? picoUsdPerToken(value) : useNanoUsd(value)) !== null;

/** Names come from other people's lists: bounded, and without what could move a cursor. */
export const shown = (name: string): string => JSON.stringify(name.slice(0, 100));

const shownField = (field: string): string => (/^\w{1,40}$/u.test(field) ? field : shown(field));

/** The file as text, sorted, so that two imports of one list are the same bytes. */
export function priceFileText(models: ReadonlyMap<string, ListedModel>): string {
  const sorted = [...models.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = sorted.map(
    ([name, entry]) => `    ${JSON.stringify(name)}: ${JSON.stringify(ordered(entry))}`,
  );
  return `{\n  "version": 1,\n  "models": {\n${lines.join(',\n')}\n  }\n}\n`;
}

const FIELDS: readonly (PriceField | (typeof capFields)[number])[] = [
  ...perTokenFields,
  ...perUseFields,
  ...capFields,
];

const ordered = (entry: ListedModel): JsonObject =>
  Object.fromEntries(
    FIELDS.flatMap((field) => (entry[field] === undefined ? [] : [[field, entry[field]]])),
  );
