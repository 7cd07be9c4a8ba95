/**
 * Text inside the structures that servers stream beside plain fields: parts of a content (Mistral's
 * thinking), details of a reasoning (OpenRouter), the transcript of speech. A word may be cut between
 * two events in any of them.
 */
import { Fault } from '#domain/fault.ts';
import type { Position } from '#domain/passage.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

/** What is text in all of them. Everything beside it (types, ids, signatures) comes whole. */
const TEXT_NAMES: ReadonlySet<string> = new Set([
  'text',
  'thinking',
  'reasoning',
  'summary',
  'transcript',
  'content',
]);

export interface TextLeaf {
  readonly holder: JsonObject;
  readonly key: string;
  /** Names and places from the member on: the same leaf of the next event. */
  readonly path: string;
}

/** Deeper than this no server writes, and the stack has an end. */
const DEPTH_MAX = 100;

/** Throws the fault of an answer that is nested deeper. */
export function* textLeaves(
  value: JsonValue | undefined,
  path: string,
  depth = 0,
): Generator<TextLeaf> {
  if (depth > DEPTH_MAX) throw new Fault('provider-reply-invalid', 'an answer nested too deep');
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      yield* textLeaves(item, `${path}.${index}`, depth + 1);
    }
  } else if (isJsonObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      const at = `${path}.${key}`;
      if (typeof member !== 'string') yield* textLeaves(member, at, depth + 1);
      else if (TEXT_NAMES.has(key)) yield { holder: value, key, path: at };
    }
  }
}

export const positionOfLeaf = (path: string): Position =>
  /reasoning|thinking|summary/u.test(path) ? 'reasoning' : 'assistant';
