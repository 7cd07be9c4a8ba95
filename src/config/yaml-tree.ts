/**
 * YAML text to plain data, with the place of every value. Bounded: depth and nodes, aliases counted
 * as what they stand for, so that a billion laughs end at `NODES_MAX`. No custom tags, no merge
 * keys, duplicate keys are errors. Substitution happens here, on scalars, never on text.
 */
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from 'yaml';

import type { JsonObject, JsonValue } from '#stdx/json.ts';

import type { Path, Problem } from './issue.ts';
import { pathText } from './issue.ts';
import { isSecretPlace } from './secret-places.ts';
import { ABSENT_SECRET, hasReference, substitute, type SubstitutionPorts } from './substitute.ts';
import { hideReferences, showReferences } from './yaml-references.ts';

const DEPTH_MAX = 32;
const NODES_MAX = 200_000;
const PROBLEMS_MAX = 100;
/** Secrets that tools need not have: of providers, and those that alerts are signed with. */
const MAY_BE_ABSENT: ReadonlySet<string | number | undefined> = new Set([
  'apiKey',
  'secret',
  'previousSecret',
]);

interface Place {
  readonly keyAt: number;
  readonly valueAt: number;
}

export interface YamlTree {
  readonly value: JsonValue;
  readonly problems: readonly Problem[];
  /** Problems of the text itself, by offset. */
  readonly syntax: readonly { readonly offset: number; readonly message: string }[];
  /** Values that hold something substituted, as path texts. */
  readonly secretsAt: ReadonlySet<string>;
  /** Line and column, from 1. */
  placeOf(problem: Problem): { line: number; column: number };
  placeAt(offset: number): { line: number; column: number };
}

export function readYaml(text: string, ports: SubstitutionPorts): YamlTree {
  const lines = new LineCounter();
  const placeAt = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const empty = { value: null, problems: [], secretsAt: new Set<string>(), placeAt };
  const start = () => ({ line: 1, column: 1 });
  let document: Document.Parsed;
  try {
    document = parseDocument(hideReferences(text), {
      lineCounter: lines,
      uniqueKeys: false,
      prettyErrors: false,
      // With `silent` a second document would be dropped without a word.
      logLevel: 'error',
      version: '1.2',
      schema: 'core',
      merge: false,
    });
  } catch {
    // The parser recurses, so a file of brackets ends its stack. What it threw says nothing more.
    const syntax = [{ offset: 0, message: 'the file is nested too deep to be read' }];
    return { ...empty, syntax, placeOf: start };
  }
  // The parser's own sentences quote the file, which may hold secrets. Its codes do not.
  const syntax = syntaxProblems([...document.errors, ...document.warnings]);
  if (syntax.length > 0) return { ...empty, syntax, placeOf: start };
  const reader = new TreeReader(document, ports);
  const value = reader.read();
  const { problems, secretsAt } = reader;
  const placeOf = ({ path, isKey = false, offset }: Problem) =>
    placeAt(offset ?? reader.offsetOf(path, isKey));
  return { value, problems, syntax, secretsAt, placeOf, placeAt };
}

class TreeReader {
  readonly problems: Problem[] = [];
  readonly secretsAt = new Set<string>();
  readonly #document: Document.Parsed;
  readonly #ports: SubstitutionPorts;
  readonly #places = new Map<string, Place>();
  #nodes = 0;

  constructor(document: Document.Parsed, ports: SubstitutionPorts) {
    this.#document = document;
    this.#ports = ports;
  }

  read(): JsonValue {
    return this.#value(this.#document.contents, []);
  }

  /** The place of a value; of what should hold it where it is missing. */
  offsetOf(path: Path, isKey: boolean): number {
    const place = this.#places.get(pathText(path));
    if (place !== undefined) return isKey ? place.keyAt : place.valueAt;
    return path.length === 0 ? 0 : this.offsetOf(path.slice(0, -1), false);
  }

  #problem(path: Path, message: string, hint: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ path, message, hint });
  }

  #value(node: unknown, path: Path, keyAt?: number): JsonValue {
    const valueAt = (isNode(node) ? node.range?.[0] : undefined) ?? keyAt ?? 0;
    if (path.length > 0) this.#places.set(pathText(path), { keyAt: keyAt ?? valueAt, valueAt });
    this.#nodes += 1;
    if (this.#nodes > NODES_MAX || path.length > DEPTH_MAX) {
      this.#tooMuch(path);
      return null;
    }
    if (isAlias(node)) {
      // Its target was read before. It is read again here, and counts again.
      return this.#value(node.resolve(this.#document), path, keyAt ?? valueAt);
    }
    if (isMap(node)) return this.#map(node, path);
    if (isSeq(node)) return node.items.map((item, index) => this.#value(item, [...path, index]));
    if (isScalar(node)) return this.#scalar(node.value, path);
    return null;
  }

  #tooMuch(path: Path): void {
    if (this.problems.some(({ message }) => message.startsWith('the file is too'))) return;
    const why = path.length > DEPTH_MAX ? 'deep' : 'large, aliases counted';
    this.#problem(
      path.slice(0, 3),
      `the file is too ${why}`,
      `at most ${DEPTH_MAX} levels and ${NODES_MAX} values`,
    );
  }

  #map(node: YAMLMap, path: Path): JsonObject {
    const object: JsonObject = {};
    for (const { key, value } of node.items) {
      const name = isScalar(key) ? key.value : undefined;
      const keyAt = isScalar(key) ? (key.range?.[0] ?? 0) : (node.range?.[0] ?? 0);
      const text = typeof name === 'string' || typeof name === 'number' ? `${name}` : null;
      const problem =
        text === null ? 'a key is a plain word' : keyProblem(showReferences(text), object);
      if (problem !== null || text === null) {
        this.#keyProblem([...path, showReferences(text ?? '?')], keyAt, problem ?? '');
        continue;
      }
      object[text] = this.#value(value, [...path, text], keyAt);
    }
    return object;
  }

  #keyProblem(path: Path, keyAt: number, message: string): void {
    // A duplicate's place is where it stands the second time; its path is the first one's.
    if (this.problems.length >= PROBLEMS_MAX) return;
    this.problems.push({ path, message, hint: '', isKey: true, offset: keyAt });
  }

  #scalar(value: unknown, path: Path): JsonValue {
    if (typeof value === 'number' || typeof value === 'boolean' || value === null) return value;
    const written = showReferences(typeof value === 'string' ? value : '');
    if (!hasReference(written)) return written;
    const { text, isSecret, problems } = substitute(written, this.#ports);
    if (isSecret) this.secretsAt.add(pathText(path));
    if (problems.length === 0) return text;
    const mayBeAbsent = MAY_BE_ABSENT.has(path.at(-1)) || isSecretPlace(path);
    if (mayBeAbsent && !this.#ports.needsProviderKeys) return ABSENT_SECRET;
    for (const { message, hint } of problems) this.#problem(path, message, hint);
    return text;
  }
}

function keyProblem(key: string, object: JsonObject): string | null {
  if (Object.hasOwn(object, key)) return 'this key is written twice';
  if (key === '__proto__') return 'this key is not allowed';
  if (hasReference(key)) return 'substitutions are for values, not for keys';
  return null;
}

interface Unread {
  readonly code: string;
  readonly pos: readonly [number, number];
}

/** Each sentence once, at its first place: one missing bracket makes many errors of a kind. */
function syntaxProblems(errors: readonly Unread[]): YamlTree['syntax'] {
  const first = new Map<string, number>();
  for (const { code, pos } of errors) {
    const message = SYNTAX[code] ?? `this is not valid YAML (${code})`;
    if (!first.has(message)) first.set(message, pos[0]);
  }
  return [...first].map(([message, offset]) => ({ message, offset }));
}

const SYNTAX: Readonly<Record<string, string>> = {
  BAD_INDENT: 'the indentation is not right here',
  TAB_AS_INDENT: 'YAML is indented with spaces, not with tabs',
  MISSING_CHAR: 'a character is missing here: a quote, a bracket, a comma or a colon',
  UNEXPECTED_TOKEN: 'this is not expected here',
  MULTIPLE_DOCS: 'one file is one document: remove the second `---`',
  TAG_RESOLVE_FAILED: 'tags (`!…`) are not allowed',
  RESOURCE_EXHAUSTION: 'the file is nested too deep to be read',
  BAD_ALIAS: 'this alias does not name an anchor that stands before it',
  MULTILINE_IMPLICIT_KEY: 'a key stands on one line; a colon or a bracket may be missing before it',
  BLOCK_AS_IMPLICIT_KEY: 'a block may not begin on this line; a line break may be missing',
};
