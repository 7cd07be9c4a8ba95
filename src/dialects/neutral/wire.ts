/** Lenient reading of what a provider sent: a member that is missing or of another type is absent. */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

type Wire = JsonValue | undefined;

export const objectOf = (value: Wire): JsonObject => (isJsonObject(value) ? value : {});
export const listOf = (value: Wire): readonly JsonValue[] => (Array.isArray(value) ? value : []);
export const textOf = (value: Wire): string => (typeof value === 'string' ? value : '');
export const textOrNull = (value: Wire): string | null =>
  typeof value === 'string' ? value : null;

/** Counts of tokens: anything but a non-negative integer is 0. */
export const countOf = (value: Wire): number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0 ? value : 0;
