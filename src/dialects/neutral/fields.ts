/**
 * Reads a JSON object field by field and remembers which fields were asked for. `close` refuses the
 * rest: what a reader does not know is refused with its path, never dropped.
 *
 * A wrong type is refused like an unknown field; the reader gets nothing and goes on, and the first
 * refusal is what the caller is told. Paths quote no text of the caller beyond names of fields.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import type { Given } from './neutral-call.ts';

/** Hints that change what a call costs and never what it answers: the only fields left out. */
export const HINT_FIELDS = {
  cache_control: 'Anthropic: where to cache the prompt. OpenAI caches without being told.',
  prompt_cache_key: 'OpenAI: which prompts share a cache. Anthropic marks blocks instead.',
  prompt_cache_retention: 'OpenAI: how long a prompt stays cached.',
  'json_schema.name': 'OpenAI: a label that the output schema must have; Anthropic has none.',
} as const;

// A key is chosen by the caller. Only what looks like the name of a field goes into a path, so that
// no secret can ride into a record as a key.
const FIELD_NAME = /^[a-z]{1,24}(?:_[a-z]{1,24}){0,5}$/u;

export class Refusals {
  #first: string | null = null;

  get first(): string | null {
    return this.#first;
  }

  refuse(path: string): void {
    this.#first ??= path;
  }
}

export class Fields {
  readonly source: JsonObject;
  readonly path: string;
  readonly refusals: Refusals;
  readonly #read = new Set<string>();

  constructor(source: JsonObject, path: string, refusals: Refusals) {
    this.source = source;
    this.path = path;
    this.refusals = refusals;
  }

  at(key: string): string {
    return this.path === '' ? key : `${this.path}.${key}`;
  }

  refuse(key: string): void {
    this.refusals.refuse(this.at(key));
  }

  /** Null and absent are the same: both say nothing. */
  take(key: string): JsonValue | undefined {
    this.#read.add(key);
    return this.source[key] ?? undefined;
  }

  text(key: string): string | null {
    const value = this.take(key);
    if (typeof value === 'string') return value;
    if (value !== undefined) this.refuse(key);
    return null;
  }

  number(key: string): number | null {
    const value = this.take(key);
    if (typeof value === 'number') return value;
    if (value !== undefined) this.refuse(key);
    return null;
  }

  flag(key: string): boolean | null {
    const value = this.take(key);
    if (typeof value === 'boolean') return value;
    if (value !== undefined) this.refuse(key);
    return null;
  }

  object(key: string): Fields | null {
    const value = this.take(key);
    if (isJsonObject(value)) return new Fields(value, this.at(key), this.refusals);
    if (value !== undefined) this.refuse(key);
    return null;
  }

  list(key: string): readonly JsonValue[] {
    const value = this.take(key);
    if (Array.isArray(value)) return value;
    if (value !== undefined) this.refuse(key);
    return [];
  }

  items(key: string): readonly Fields[] {
    const items: Fields[] = [];
    for (const [index, value] of this.list(key).entries()) {
      const path = `${this.at(key)}[${index}]`;
      if (isJsonObject(value)) items.push(new Fields(value, path, this.refusals));
      else this.refusals.refuse(path);
    }
    return items;
  }

  given<T>(key: string, value: T | null): Given<T> | null {
    return value === null ? null : { value, path: this.at(key) };
  }

  /** A field without a counterpart: taken where it says nothing, refused where it says something. */
  only(key: string, ...meaningless: readonly JsonValue[]): void {
    const value = this.take(key);
    if (value === undefined || meaningless.includes(value)) return;
    if (typeof value === 'object' && Object.keys(value ?? {}).length === 0) return;
    this.refuse(key);
  }

  /** See `HINT_FIELDS`. */
  hint(key: keyof typeof HINT_FIELDS): void {
    this.take(key);
  }

  close(): void {
    for (const key of Object.keys(this.source)) {
      if (this.#read.has(key)) continue;
      this.refusals.refuse(this.at(FIELD_NAME.test(key) ? key : '*'));
    }
  }
}
