/** Reads the few fields of a request that we decide by, strictly: a wrong type is refused by name. */
import { END_USER_CHARS_MAX } from '#domain/call.ts';
import type { Denial } from '#domain/denial.ts';
import { Fault } from '#domain/fault.ts';
import type { ToolDefinition } from '#domain/tool-definition.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

import { routingField } from './routing-fields.ts';
import type { Walk } from './walk.ts';

const MODEL_CHARS_MAX = 256;
const CHOICES_MAX = 128;

/** Reads fields one after another and keeps the first problem. */
export class Fields {
  readonly #body: JsonObject;
  #denial: Denial | null = null;

  constructor(body: JsonObject) {
    this.#body = body;
    const field = routingField(body);
    if (field !== null) {
      this.#refuse(
        field,
        'leave it out: the gateway chooses model, provider and credentials',
        undefined,
      );
    }
  }

  get denial(): Denial | null {
    return this.#denial;
  }

  model(): string {
    const value = this.#body['model'];
    if (typeof value === 'string' && value !== '' && value.length <= MODEL_CHARS_MAX) return value;
    return this.#refuse('model', 'a non-empty string is needed', '');
  }

  flag(name: string): boolean {
    const value = this.#body[name] ?? false;
    return typeof value === 'boolean'
      ? value
      : this.#refuse(name, 'true or false is needed', false);
  }

  /** Whom the caller says it acts for; anything but a string names nobody. */
  endUser(value: JsonValue | undefined, field: string): string | null {
    if (typeof value !== 'string') return null;
    if (value.length <= END_USER_CHARS_MAX) return value;
    return this.#refuse(field, `at most ${END_USER_CHARS_MAX} characters`, null);
  }

  /**
   * The largest of these fields that are set, as a positive integer; null when none is. Two names of
   * one thing are both sent on: rules and limits count by the one that could be meant worst.
   */
  count(...names: string[]): number | null {
    let most: number | null = null;
    for (const name of names) {
      const value = this.#body[name] ?? null;
      if (value === null) continue;
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value <= 0) {
        return this.#refuse(name, 'a positive integer is needed', null);
      }
      most = Math.max(most ?? 0, value);
    }
    return most;
  }

  choices(): number {
    const count = this.count('n') ?? 1;
    return count <= CHOICES_MAX ? count : this.#refuse('n', `at most ${CHOICES_MAX}`, 1);
  }

  present(name: string): JsonValue | undefined {
    const value = this.#body[name];
    return value ?? this.#refuse(name, 'this field is needed', undefined);
  }

  nonEmptyList(name: string): void {
    const value = this.#body[name];
    if (!Array.isArray(value) || value.length === 0) {
      this.#refuse(name, 'a list with at least one member is needed', undefined);
    }
  }

  /** The fields' problem, the walk's problem, or the value. */
  result<T>(walk: Walk, value: T): Result<T, Denial> {
    const tooDeep = walk.builder.unscannable;
    if (this.#denial !== null) return err(this.#denial);
    if (walk.denial !== null) return err(walk.denial);
    if (tooDeep !== null) {
      return err({ reason: 'content-unscannable', field: tooDeep, kind: 'too-deep' });
    }
    return ok(value);
  }

  #refuse<T>(field: string, problem: string, value: T): T {
    this.#denial ??= { reason: 'request-malformed', field, problem };
    return value;
  }
}

const NAMELESS: ReadonlySet<unknown> = new Set(['function', 'custom', undefined]);

/**
 * The tools that a call declares, one entry a name. Dialects differ in where a name stands, and a provider
 * may read either place, so that every name that is there counts. A hosted tool is named by its type;
 * a tool without a name is `''`, which no rule of names allows.
 */
export function toolsOf(tools: JsonValue | undefined): ToolDefinition[] {
  if (!Array.isArray(tools)) return [];
  return tools.flatMap((tool) => namesOf(tool).map((name) => ({ name, declared: tool })));
}

function namesOf(tool: JsonValue): string[] {
  if (!isJsonObject(tool)) return [''];
  const { name, type } = tool;
  const nested = [objectAt(tool, 'function'), objectAt(tool, 'custom')];
  const names = [name, ...nested.map((declared) => declared?.['name'])];
  const found = names.filter((one) => typeof one === 'string');
  if (found.length > 0) return found;
  return [typeof type === 'string' && !NAMELESS.has(type) ? type : ''];
}

/** A count of tokens as a provider reports it: an integer within reason, or nothing. */
export function tokenCount(value: JsonValue | undefined): number | null {
  const isPlausible =
    typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value <= 1e9;
  return isPlausible ? value : null;
}

/**
 * Which of several a piece of a stream belongs to; left out where there is one. Throws the fault of a provider
 * that counts by anything else: `"1"` and `"2"` are two to a client, and what is held back of one must
 * not be written into the other.
 */
export function indexAt(piece: JsonObject, key = 'index'): number {
  const index = piece[key] ?? 0;
  if (typeof index === 'number' && Number.isSafeInteger(index) && index >= 0) return index;
  throw new Fault('provider-reply-invalid', 'an index that is no number of a place');
}

export const stringOr = (value: JsonValue | undefined, otherwise: string): string =>
  typeof value === 'string' ? value : otherwise;

export const objectAt = (value: JsonValue | undefined, key: string): JsonObject | null => {
  const member = isJsonObject(value) ? value[key] : undefined;
  return isJsonObject(member) ? member : null;
};

export const listAt = (value: JsonValue | undefined, key: string): readonly JsonValue[] => {
  const member = isJsonObject(value) ? value[key] : undefined;
  return Array.isArray(member) ? member : [];
};
