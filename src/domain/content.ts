/**
 * A JSON document, every passage in it, and the one way to change them.
 *
 * The parsed object is kept and edited in place, so that what was scanned is what is sent. Text
 * that is itself JSON (tool arguments) is opened, its leaves are passages, and it is serialised
 * again only when one of them changed.
 */
import { assert } from '#stdx/assert.ts';
import { type JsonObject, type JsonValue, parseJson } from '#stdx/json.ts';
import { scanJson } from '#stdx/json-scan.ts';

import type { Passage, Position, Trust } from './passage.ts';
import type { ToolCall } from './tool-call.ts';

type Holder = JsonObject | JsonValue[];

/** A JSON document inside a string leaf. */
interface Embedded {
  readonly slot: Slot;
  readonly root: JsonValue;
}

/** What `JSON.parse` made of one that was opened. */
type Opened = Embedded & { readonly root: JsonObject | JsonValue[] };

interface Slot {
  readonly holder: Holder;
  readonly key: string | number;
  /** The embedded document that the holder is part of, or null for the body itself. */
  readonly within: Embedded | null;
}

interface PlacedPassage extends Passage {
  readonly slot: Slot | null;
}

interface Found {
  readonly toolCalls: readonly ToolCall[];
  readonly isNormalised: boolean;
}

export class Content {
  readonly body: JsonObject;
  /** Calls of tools that stand whole in the document. */
  readonly toolCalls: readonly ToolCall[];
  /** A document inside it was written anew, because two parsers could have read it differently. */
  readonly isNormalised: boolean;
  readonly #passages: readonly PlacedPassage[];

  constructor(
    body: JsonObject,
    passages: readonly PlacedPassage[],
    { toolCalls = [], isNormalised = false }: Partial<Found> = {},
  ) {
    this.body = body;
    this.#passages = passages;
    this.toolCalls = toolCalls;
    this.isNormalised = isNormalised;
  }

  get passages(): readonly Passage[] {
    return this.#passages;
  }

  /** Replaces the text of passages by index; embedded documents are serialised once, inside out. */
  rewrite(texts: ReadonlyMap<number, string>): void {
    const touched = new Set<Embedded>();
    for (const [index, text] of texts) {
      const slot = this.#passages[index]?.slot;
      assert(slot !== undefined && slot !== null, 'only an editable passage is rewritten');
      write(slot, text);
      touch(slot.within, touched);
    }
    serialise(touched);
  }
}

/** A document that changed changes every one that it stands in. */
function touch(innermost: Embedded | null, touched: Set<Embedded>): void {
  for (let at = innermost; at !== null && !touched.has(at); at = at.slot.within) touched.add(at);
}

/** Once each, inside out. */
function serialise(touched: ReadonlySet<Embedded>): void {
  const byDepth = [...touched].sort((a, b) => depthOf(b) - depthOf(a));
  for (const { slot, root } of byDepth) write(slot, JSON.stringify(root));
}

function write({ holder, key }: Slot, text: string): void {
  if (Array.isArray(holder)) holder[Number(key)] = text;
  else holder[key] = text;
}

const depthOf = (embedded: Embedded): number =>
  embedded.slot.within === null ? 0 : 1 + depthOf(embedded.slot.within);

/** What a dialect says of a leaf or of a subtree. */
export interface Claim {
  readonly position: Position;
  readonly trust: Trust;
  /** Sealed text is scanned where it is readable and never edited. */
  readonly sealed?: boolean;
  /** The string is a JSON document; its leaves are the passages. Not JSON: it is plain text. */
  readonly json?: boolean;
  /** Keys are chosen by the caller (schemas, arguments, metadata) and are passages too. */
  readonly keys?: boolean;
  readonly tool?: string | undefined;
}

/** Opened when it is asked for: nobody judges the calls of a history that is sent again. */
class WrittenCall implements ToolCall {
  readonly name: string;
  readonly #value: JsonValue;
  readonly #isJson: boolean;
  #opened: JsonValue | undefined;

  constructor(name: string, value: JsonValue, isJson: boolean) {
    this.name = name;
    this.#value = value;
    this.#isJson = isJson;
  }

  get arguments(): JsonValue {
    this.#opened ??= this.#open();
    return this.#opened;
  }

  #open(): JsonValue {
    const value = this.#value;
    if (!this.#isJson || typeof value !== 'string') return value;
    return parseJson(value === '' ? '{}' : value) ?? value;
  }
}

/** Collects passages while a dialect walks a document. One collector a document. */
export class ContentBuilder {
  readonly #body: JsonObject;
  readonly #passages: PlacedPassage[] = [];
  readonly #toolCalls: ToolCall[] = [];
  #unscannable: string | null = null;
  /** Documents that are written anew, with those that they stand in. */
  readonly #normalised = new Set<Embedded>();

  constructor(body: JsonObject) {
    this.#body = body;
  }

  /** The path of a document inside a string that is too deep or too wide to be opened, or null. */
  get unscannable(): string | null {
    return this.#unscannable;
  }

  /** Every string leaf below `holder[key]` becomes a passage with this claim. */
  add(holder: Holder, key: string | number, path: string, claim: Claim): void {
    this.#walk({ holder, key, within: null }, path, claim);
  }

  /** The name of a member that nobody knows: scanned, never edited. */
  addKey(holder: JsonObject, key: string, path: string, claim: Claim): void {
    if (holder[key] === undefined) return;
    this.#push(null, key, path, claim);
  }

  /**
   * A call of a tool, and its arguments as passages. `''` and what is absent is a call without
   * arguments, as every client reads it.
   */
  addToolCall(
    name: string,
    {
      holder,
      key,
      path,
    }: { readonly holder: JsonObject; readonly key: string; readonly path: string },
    claim: Claim,
  ): void {
    this.#toolCalls.push(new WrittenCall(name, holder[key] ?? '', claim.json === true));
    this.add(holder, key, path, { ...claim, tool: name });
  }

  build(): Content {
    serialise(this.#normalised);
    return new Content(this.#body, this.#passages, {
      toolCalls: this.#toolCalls,
      isNormalised: this.#normalised.size > 0,
    });
  }

  #walk(slot: Slot, path: string, claim: Claim): void {
    const value = Array.isArray(slot.holder)
      ? slot.holder[Number(slot.key)]
      : slot.holder[slot.key];
    if (typeof value === 'string') this.#leaf(slot, value, path, claim);
    else if (typeof value === 'object' && value !== null) this.#members(slot, value, path, claim);
  }

  #members(slot: Slot, value: JsonObject | JsonValue[], path: string, claim: Claim): void {
    if (Array.isArray(value)) {
      for (let key = 0; key < value.length; key += 1) {
        this.#walk({ holder: value, key, within: slot.within }, `${path}[${key}]`, claim);
      }
      return;
    }
    for (const key of Object.keys(value)) {
      // A key in a path would put the caller's own words into records: only known names go there.
      const below = claim.keys === true ? `${path}.*` : `${path}.${key}`;
      if (claim.keys === true) this.#push(null, key, below, { ...claim, sealed: true });
      this.#walk({ holder: value, key, within: slot.within }, below, claim);
    }
  }

  #leaf(slot: Slot, text: string, path: string, claim: Claim): void {
    if (claim.json === true) {
      const within = this.#embedded(slot, text, path);
      if (within !== undefined) {
        const { root } = within;
        const holder = [root];
        // The root itself is never a string here, so its leaves always have a holder inside it.
        this.#members({ holder, key: 0, within }, root, path, { ...claim, keys: true });
        return;
      }
    }
    this.#push(slot, text, path, claim);
  }

  /**
   * A document inside a string, opened. One that means two things to two parsers (duplicate keys,
   * huge integers) is replaced by the meaning that we scanned; one too deep to open is refused.
   */
  #embedded(slot: Slot, text: string, path: string): Opened | undefined {
    const start = text.trimStart().charAt(0);
    if (start !== '{' && start !== '[') return undefined;
    const problem = scanJson(text);
    if (problem === 'too-deep' || problem === 'too-many-members') {
      this.#unscannable ??= path;
      return undefined;
    }
    const root = parseJson(text);
    if (typeof root !== 'object' || root === null) return undefined;
    const embedded = { slot, root };
    if (problem !== null) touch(embedded, this.#normalised);
    return embedded;
  }

  #push(slot: Slot | null, text: string, path: string, claim: Claim): void {
    if (text === '') return;
    const isEditable = claim.sealed !== true && slot !== null;
    const { position, trust, tool } = claim;
    this.#passages.push({ position, trust, text, path, isEditable, slot, tool });
  }
}
