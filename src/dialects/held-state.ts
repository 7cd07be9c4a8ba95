/**
 * Where a call refers to state that its provider holds: by a field of its own, or inside a tool or
 * an item of the provider's own making.
 *
 * Such nodes change with every release of a vendor, so ids in them are found by how their names
 * end, and one that nobody knows is a reference too: forgetting a field refuses, it does not pass.
 */
import type { HeldState, HeldStateKind } from '#domain/held-state.ts';
import { isJsonObject, type JsonValue } from '#stdx/json.ts';

import { metadata, type Visit, valueAt, type Walk } from './walk.ts';

const ID_NAME = /(?:(?:^|_)id|I[dD])s?$/u;

/** What each name holds; any other name that ends like an id is of its node's own kind. */
const KIND_OF_NAME: ReadonlyMap<string, HeldStateKind> = new Map([
  ['container', 'container'],
  ['container_id', 'container'],
  ['skill_id', 'container'],
  ['file_id', 'file'],
  ['file_ids', 'file'],
  ['vector_store_id', 'vector-store'],
  ['vector_store_ids', 'vector-store'],
]);

/** Links between members of one body. They name nothing outside it. */
const LINKS = ['call_id', 'tool_use_id'];
/** Words of the caller or the model: a member called `order_id` in them is no id of the provider. */
const WORDS = [
  'arguments',
  'headers',
  'input_schema',
  'parameters',
  'acknowledged_safety_checks',
  'pending_safety_checks',
];
const SKIPPED: ReadonlySet<string> = new Set([...LINKS, ...WORDS]);
/** Names that may stand in a path; every other one could be a caller's own word. */
const SHOWN: ReadonlySet<string> = new Set([
  ...KIND_OF_NAME.keys(),
  'id',
  'connector_id',
  'content',
  'environment',
  'results',
  'skills',
  'variables',
]);

/** `null`, `false` and an empty list refer to nothing. */
const isAbsent = (value: JsonValue | undefined): boolean =>
  value === null ||
  value === undefined ||
  value === false ||
  (Array.isArray(value) && value.length === 0);

function idOf(value: JsonValue | undefined): string | null {
  const id = isJsonObject(value) ? value['id'] : value;
  return typeof id === 'string' ? id : null;
}

/** A field that refers to state: an id, an object with an id, or a switch. */
export const heldState =
  (kind: HeldStateKind): Visit =>
  (walk, holder, key, path) => {
    const value = valueAt(holder, key);
    if (isAbsent(value)) return;
    walk.heldState.push({ kind, path, id: idOf(value) });
    const references = new References(walk, kind, new Set(['id']));
    if (Array.isArray(value)) references.ids(value, path, kind);
    else references.below(value, path);
    metadata(walk, holder, key, path);
  };

export interface Node {
  readonly kind: HeldStateKind;
  /** The id that the node itself refers to, where that is all it is. */
  readonly id?: string | null;
  /** Names that are no references in this dialect, beside those that are none in any. */
  readonly links?: readonly string[];
}

/** A tool or an item of the provider's own: work and state outside this gateway. */
export const heldNode =
  (nodeOf: (value: JsonValue | undefined) => Node): Visit =>
  (walk, holder, key, path) => {
    const value = valueAt(holder, key);
    const { kind, id = null, links = [] } = nodeOf(value);
    walk.heldState.push({ kind, path: `${path}.type`, id });
    new References(walk, kind, new Set(links)).below(value, path);
    metadata(walk, holder, key, path);
  };

export const typeOf = (value: JsonValue | undefined): string | null => {
  const type = isJsonObject(value) ? value['type'] : undefined;
  return typeof type === 'string' ? type : null;
};

class References {
  readonly #walk: Walk;
  readonly #kind: HeldState['kind'];
  readonly #links: ReadonlySet<string>;

  constructor(walk: Walk, kind: HeldState['kind'], links: ReadonlySet<string>) {
    this.#walk = walk;
    this.#kind = kind;
    this.#links = links;
  }

  /** The depth of a body is bounded before it is parsed, and so is this recursion. */
  below(value: JsonValue | undefined, path: string): void {
    if (Array.isArray(value)) {
      for (const [index, member] of value.entries()) this.below(member, `${path}[${index}]`);
    } else if (isJsonObject(value)) {
      for (const [name, member] of Object.entries(value)) this.#member(name, member, path);
    }
  }

  #member(name: string, value: JsonValue | undefined, path: string): void {
    if (SKIPPED.has(name) || this.#links.has(name)) return;
    const at = `${path}.${SHOWN.has(name) ? name : '*'}`;
    if (name === 'variables' && this.#kind === 'stored-prompt') {
      this.#variables(value, at);
      return;
    }
    const kind = KIND_OF_NAME.get(name);
    if (kind === undefined && !ID_NAME.test(name)) this.below(value, at);
    else this.ids(value, at, kind ?? this.#kind);
  }

  /** The caller's own names, with a text or with a part of a message behind each. */
  #variables(value: JsonValue | undefined, path: string): void {
    if (!isJsonObject(value)) return;
    for (const member of Object.values(value)) this.below(member, `${path}.*`);
  }

  ids(value: JsonValue | undefined, path: string, kind: HeldState['kind']): void {
    if (typeof value === 'string') this.#walk.heldState.push({ kind, path, id: value });
    else if (Array.isArray(value)) {
      for (const [index, member] of value.entries()) this.ids(member, `${path}[${index}]`, kind);
    } else this.below(value, path);
  }
}
