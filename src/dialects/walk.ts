/**
 * A dialect's documents as tables: which field holds what.
 *
 * A visit that is not written down is `metadata`: the text is a passage, untrusted, keys included.
 * So a field that a vendor adds next year is scanned on the day it appears, and forgetting one in a
 * table makes it noisier, never invisible.
 */
import { type Claim, ContentBuilder } from '#domain/content.ts';
import type { Denial } from '#domain/denial.ts';
import type { HeldState } from '#domain/held-state.ts';
import type { Opaque } from '#domain/passage.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { TOOL_NAME } from './claims.ts';
import type { ReplyContent } from './dialect.ts';

type Holder = JsonObject | JsonValue[];
export type Visit = (walk: Walk, holder: Holder, key: string | number, path: string) => void;

/** What a walk finds besides passages. */
export class Walk {
  readonly builder: ContentBuilder;
  readonly opaques: Opaque[] = [];
  readonly heldState: HeldState[] = [];
  sealedCount = 0;
  /** The first thing that cannot be read; the call is refused with it. */
  denial: Denial | null = null;

  constructor(body: JsonObject) {
    this.builder = new ContentBuilder(body);
  }

  refuse(denial: Denial): void {
    this.denial ??= denial;
  }

  malformed(field: string, problem: string): void {
    this.refuse({ reason: 'request-malformed', field, problem });
  }
}

/** What a reply holds. `edited` is called after edits: it drops what repeats the edited text. */
export function replyContent(
  body: JsonObject,
  visit: Visit,
  edited: () => void = () => {},
): ReplyContent {
  const walk = new Walk(body);
  visit(walk, [body], 0, '');
  return {
    content: walk.builder.build(),
    sealedCount: walk.sealedCount,
    isUnscannable: walk.builder.unscannable !== null,
    edited,
  };
}

export const valueAt = (holder: Holder, key: string | number): JsonValue | undefined =>
  Array.isArray(holder) ? holder[Number(key)] : holder[key];

/** Of what is not written down. */
export const METADATA: Claim = { position: 'metadata', trust: 'untrusted', keys: true };

/** Every string below, keys included, as a passage of one claim. */
export const text =
  (claim: Claim): Visit =>
  ({ builder }, holder, key, path) => {
    builder.add(holder, key, path, claim);
  };

export const metadata: Visit = text(METADATA);

/** A string out of a closed set carries no text of the caller's; anything else is refused. */
export const oneOf = (...values: string[]): Visit => {
  const known = new Set<unknown>(values);
  return (walk, holder, key, path) => {
    if (known.has(valueAt(holder, key))) return;
    walk.malformed(path, 'not a value that is known here');
    metadata(walk, holder, key, path);
  };
};

/** A value that the vendor documents is no text of anybody's; any other value is scanned. */
export const constant = (...values: string[]): Visit => {
  const known = new Set<unknown>(values);
  return (walk, holder, key, path) => {
    if (!known.has(valueAt(holder, key))) metadata(walk, holder, key, path);
  };
};

/** An object by its fields; fields that are not named go to `rest`. */
export const shape = (fields: Record<string, Visit>, rest: Visit = metadata): Visit => {
  // A Map, not the object: a caller may name a field `constructor`.
  const visits = new Map(Object.entries(fields));
  return (walk, holder, key, path) => {
    const value = valueAt(holder, key);
    if (!isJsonObject(value)) {
      rest(walk, holder, key, path);
      return;
    }
    const prefix = path === '' ? '' : `${path}.`;
    for (const name of Object.keys(value)) {
      const visit = visits.get(name);
      if (visit !== undefined) {
        visit(walk, value, name, `${prefix}${name}`);
        continue;
      }
      // An unknown name is the caller's own word: it is scanned, and no record quotes it.
      walk.builder.addKey(value, name, `${prefix}*`, METADATA);
      rest(walk, value, name, `${prefix}*`);
    }
  };
};

const NOTHING: Visit = () => {};

/**
 * A call of a tool: its name, and its arguments under `args`. One without arguments is one as well.
 * `named`: the name where the vendor's own type says it, and not a field.
 */
export const toolCall = (args: string, claim: Claim, named?: string): Visit => {
  const rest = shape({
    ...(named === undefined ? { name: text(TOOL_NAME) } : {}),
    [args]: NOTHING,
  });
  return (walk, holder, key, path) => {
    const value = valueAt(holder, key);
    if (isJsonObject(value)) {
      const name = named ?? value['name'];
      const place = { holder: value, key: args, path: path === '' ? args : `${path}.${args}` };
      walk.builder.addToolCall(typeof name === 'string' ? name : '', place, claim);
    }
    rest(walk, holder, key, path);
  };
};

export const list =
  (item: Visit): Visit =>
  (walk, holder, key, path) => {
    const value = valueAt(holder, key);
    if (!Array.isArray(value)) {
      metadata(walk, holder, key, path);
      return;
    }
    for (let index = 0; index < value.length; index += 1) {
      item(walk, value, index, `${path}[${index}]`);
    }
  };

/** A string is visited by `plain`; anything else (parts, blocks) by `structured`. */
export const textOr =
  (plain: Visit, structured: Visit): Visit =>
  (walk, holder, key, path) => {
    const visit = typeof valueAt(holder, key) === 'string' ? plain : structured;
    visit(walk, holder, key, path);
  };

/** An object whose `tag` says what it is. A call with a tag that nobody knows is refused. */
export const tagged = (tag: string, cases: Record<string, Visit>, otherwise?: Visit): Visit => {
  const visits = new Map(Object.entries(cases));
  return (walk, holder, key, path) => {
    const value = valueAt(holder, key);
    const kind = isJsonObject(value) ? value[tag] : undefined;
    const visit = typeof kind === 'string' ? visits.get(kind) : undefined;
    if (visit !== undefined) visit(walk, holder, key, path);
    else if (otherwise !== undefined) otherwise(walk, holder, key, path);
    else {
      walk.refuse({ reason: 'content-unscannable', field: `${path}.${tag}`, kind: 'unknown' });
      // An answer is refused by nobody here: what it says under a tag of next year is read.
      metadata(walk, holder, key, path);
    }
  };
};

/** Content that text guards cannot read. `rest` still visits the strings beside it. */
export const opaque =
  (kind: Opaque['kind'], rest: Visit): Visit =>
  (walk, holder, key, path) => {
    walk.opaques.push({ kind, path });
    rest(walk, holder, key, path);
  };

/** Text that nobody can read. It is counted, recorded, and passed as it is. */
export const sealed: Visit = (walk, holder, key) => {
  if (typeof valueAt(holder, key) === 'string') walk.sealedCount += 1;
};

/** A string that is seen elsewhere: bytes of an opaque part, a channel of a stream. */
export const elsewhere: Visit = (walk, holder, key, path) => {
  // Anything but a string was not what the dialect expected there, so it is scanned here.
  if (typeof valueAt(holder, key) !== 'string') metadata(walk, holder, key, path);
};

/** A URL that may hold its bytes itself; one that points elsewhere is text. */
export const urlOrBytes: Visit = (walk, holder, key, path) => {
  const value = valueAt(holder, key);
  if (typeof value === 'string' && value.startsWith('data:')) return;
  metadata(walk, holder, key, path);
};
