/**
 * Text beside the plain fields of a stream: inside structures (parts of a content, as Mistral's thinking is;
 * details of a reasoning, as OpenRouter's are; the transcript of speech), and in fields that a server has
 * made up. A word may be cut between two events in any of them. In a whole answer it is the same text, at the
 * same position.
 */
import type { Claim, ContentBuilder } from '#domain/content.ts';
import { Fault } from '#domain/fault.ts';
import type { Position } from '#domain/passage.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { ASSISTANT, REASONING } from './claims.ts';
import { OPENINGS_MAX } from './dialect.ts';
import { METADATA, valueAt, type Visit } from './walk.ts';

/** What is text in all of them. Everything beside it (types, ids, signatures) comes whole. */
const TEXT_NAMES: ReadonlySet<string> = new Set([
  'text',
  'thinking',
  'reasoning',
  'summary',
  'transcript',
  'content',
  'refusal',
]);

/** The same for a field of a delta, which nobody may have named before. A type or an id is not said so. */
const TEXT_FIELD = /text|content|reasoning|thinking|thought|summary|transcript|answer/iu;

interface TextLeaf {
  readonly holder: JsonObject;
  readonly key: string;
  /** Names and places from the member on: the same leaf of the next event. */
  readonly path: string;
}

/** Deeper than this no server writes, and the stack has an end. */
const DEPTH_MAX = 100;

/** Throws the fault of an answer that is nested deeper. */
function* textLeaves(value: JsonValue | undefined, path: string, depth = 0): Generator<TextLeaf> {
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

const claimOfLeaf = (path: string): Claim =>
  /reasoning|thinking|thought|summary/iu.test(path) ? REASONING : ASSISTANT;

interface Member {
  readonly holder: JsonObject | JsonValue[];
  readonly key: string | number;
  /** For records. */
  readonly path: string;
  /** As of a `TextLeaf`. */
  readonly name: string;
}

function claimMember(builder: ContentBuilder, member: Member, isText: boolean): void {
  const { holder, key, path, name } = member;
  const value = valueAt(holder, key);
  if (Array.isArray(value)) {
    for (const index of value.keys()) {
      const at = { path: `${path}[${index}]`, name: `${name}.${index}` };
      claimMember(builder, { holder: value, key: index, ...at }, false);
    }
  } else if (isJsonObject(value)) {
    for (const inner of Object.keys(value)) {
      // A name that nobody knows is the server's own word: it is scanned, and no record quotes it.
      const at = { path: `${path}.*`, name: `${name}.${inner}` };
      builder.addKey(value, inner, at.path, METADATA);
      claimMember(builder, { holder: value, key: inner, ...at }, TEXT_NAMES.has(inner));
    }
  } else builder.add(holder, key, path, isText ? claimOfLeaf(name) : METADATA);
}

/** A member of a whole answer: each text in it has the position of its channel in a stream. */
export const structuredText: Visit = ({ builder }, holder, key, path) => {
  const name = String(key);
  claimMember(builder, { holder, key, path, name }, TEXT_FIELD.test(name));
};

export interface StructureSlot extends Pick<TextLeaf, 'holder' | 'key'> {
  readonly channel: string;
  readonly position: Position;
}

/** Members that are read as calls. */
const CALLS: ReadonlySet<string> = new Set(['tool_calls', 'function_call']);

const channelOf = (index: number, path: string): string => `structure/${index}/${path}`;

/** What is text beside the plain fields of one stream, each a channel of its own. At most `OPENINGS_MAX`. */
export class StructuredText {
  /** Fields that others read. */
  readonly #plain: ReadonlySet<string>;
  /** Where a channel stands, as its last event wrote it. */
  readonly #seen = new Map<string, readonly [name: string, value: JsonValue]>();

  constructor(plain: ReadonlySet<string>) {
    this.#plain = plain;
  }

  /** Of one delta. Throws the fault of an answer that has more: its text would be on no channel. */
  *slots(delta: JsonObject, index: number): Generator<StructureSlot> {
    for (const [name, value] of Object.entries(delta)) {
      if (value === undefined) continue;
      for (const { holder, key, path } of this.#leaves(delta, name, value)) {
        const channel = channelOf(index, path);
        if (!this.#seen.has(channel) && this.#seen.size >= OPENINGS_MAX) {
          throw new Fault('provider-reply-invalid', 'an answer with too many structures');
        }
        this.#seen.set(channel, [name, value]);
        yield { holder, key, channel, position: claimOfLeaf(path).position };
      }
    }
  }

  #leaves(delta: JsonObject, name: string, value: JsonValue): Iterable<TextLeaf> {
    if (typeof value === 'string') {
      const isText = !this.#plain.has(name) && TEXT_FIELD.test(name);
      return isText ? [{ holder: delta, key: name, path: name }] : [];
    }
    return CALLS.has(name) ? [] : textLeaves(value, name);
  }

  /** A delta with the structure again, with this text in it and no other; null: no channel of ours. */
  tail(channel: string, index: number, text: string): JsonObject | null {
    const seen = this.#seen.get(channel);
    if (seen === undefined) return null;
    const [name, value] = seen;
    if (typeof value === 'string') return { [name]: text };
    const copy = structuredClone(value);
    for (const { holder, key, path } of textLeaves(copy, name)) {
      holder[key] = channel === channelOf(index, path) ? text : '';
    }
    return { [name]: copy };
  }
}
