/**
 * The JSON Schema that operators write for the arguments of a tool: the keywords below and no others,
 * because a keyword that is ignored would allow what the operator meant to forbid.
 *
 * zod checks the structure. Patterns run on RE2: what a model writes is never given to a backtracking
 * engine.
 */
import { RE2JS } from 're2js';
import { z } from 'zod';

import { ConfigProblem } from '#stdx/config-problem.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

/** Deeper than any arguments that a tool takes. */
const DEPTH_MAX = 16;
const NODES_MAX = 1_000;
/** A pattern sees strings up to this length; a longer one does not fit. */
const PATTERN_CHARS_MAX = 65_536;

const TYPES = ['object', 'array', 'string', 'number', 'integer', 'boolean', 'null'] as const;
const FORMATS = ['email', 'uuid', 'date', 'date-time', 'ipv4', 'ipv6', 'uri'] as const;

const count = z.number().int().min(0).max(1_000_000);
const limit = z.number();

interface Node {
  readonly [keyword: string]: unknown;
  readonly properties?: Readonly<Record<string, Node>> | undefined;
  readonly items?: Node | undefined;
  readonly additionalProperties?: boolean | Node | undefined;
  readonly pattern?: string | undefined;
  readonly anyOf?: readonly Node[] | undefined;
  readonly allOf?: readonly Node[] | undefined;
}

const node: z.ZodType<Node> = z.lazy(() =>
  z
    .strictObject({
      type: z.union([z.enum(TYPES), z.array(z.enum(TYPES)).min(1)]).optional(),
      title: z.string().optional(),
      description: z.string().optional(),
      enum: z
        .array(z.union([z.string(), z.number(), z.boolean(), z.null()]))
        .min(1)
        .optional(),
      const: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
      properties: z.record(z.string(), node).optional(),
      required: z.array(z.string()).optional(),
      additionalProperties: z.union([z.boolean(), node]).optional(),
      items: node.optional(),
      minItems: count.optional(),
      maxItems: count.optional(),
      minLength: count.optional(),
      maxLength: count.optional(),
      pattern: z.string().max(1_000).optional(),
      format: z.enum(FORMATS).optional(),
      minimum: limit.optional(),
      maximum: limit.optional(),
      exclusiveMinimum: limit.optional(),
      exclusiveMaximum: limit.optional(),
      multipleOf: z.number().positive().optional(),
      anyOf: z.array(node).min(1).max(64).optional(),
      allOf: z.array(node).min(1).max(64).optional(),
    })
    .refine(({ properties, required, additionalProperties, type }) => {
      const isObject = properties ?? required ?? additionalProperties;
      return isObject === undefined || type === 'object';
    }, 'write `type: object` beside properties, required and additionalProperties'),
);

export const argumentSchema = node;

export type Fits = (value: JsonValue) => boolean;

/** Throws `ConfigProblem` with the path of what cannot be used. */
export function compileSchema(root: Node): Fits {
  const patterns: Pattern[] = [];
  let nodes = 0;
  const visit = (at: Node, steps: readonly Step[], path: readonly (string | number)[]): void => {
    nodes += 1;
    if (nodes > NODES_MAX || path.length > DEPTH_MAX * 2)
      throw new ConfigProblem([...path], 'the schema is too large');
    if (at.pattern !== undefined)
      patterns.push({ steps, matcher: compiled(at.pattern, [...path, 'pattern']) });
    const { properties = {}, items, additionalProperties } = at;
    for (const [name, below] of Object.entries(properties)) {
      visit(below, [...steps, { kind: 'member', name }], [...path, 'properties', name]);
    }
    if (items !== undefined) visit(items, [...steps, { kind: 'items' }], [...path, 'items']);
    if (typeof additionalProperties === 'object') {
      const step: Step = { kind: 'others', known: new Set(Object.keys(properties)) };
      visit(additionalProperties, [...steps, step], [...path, 'additionalProperties']);
    }
    refusePatterns(at.anyOf, [...path, 'anyOf']);
    for (const [index, below] of (at.allOf ?? []).entries()) {
      visit(below, steps, [...path, 'allOf', index]);
    }
  };
  visit(root, [], []);
  // Its keywords were checked one by one above: it is a schema.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  const plain = withoutPatterns(root) as z.core.JSONSchema.JSONSchema;
  const structure = z.fromJSONSchema(plain);
  return (value) =>
    structure.safeParse(value).success &&
    patterns.every(({ steps, matcher }) => everyAt(value, steps, 0, matcher));
}

type Step =
  | { readonly kind: 'member'; readonly name: string }
  | { readonly kind: 'items' }
  | { readonly kind: 'others'; readonly known: ReadonlySet<string> };

interface Pattern {
  readonly steps: readonly Step[];
  readonly matcher: RE2JS;
}

function compiled(pattern: string, path: readonly (string | number)[]): RE2JS {
  try {
    return RE2JS.compile(pattern);
  } catch {
    throw new ConfigProblem([...path], 'write an RE2 pattern: no look-around, no back-references');
  }
}

/** An alternative that does not apply must not be held to its pattern. */
function refusePatterns(
  nodes: readonly Node[] | undefined,
  path: readonly (string | number)[],
): void {
  if (!JSON.stringify(nodes ?? []).includes('"pattern":')) return;
  throw new ConfigProblem([...path], 'a pattern cannot stand below anyOf: use enum or const there');
}

function withoutPatterns(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutPatterns);
  if (typeof value !== 'object' || value === null) return value;
  const isNode = 'pattern' in value && typeof value.pattern === 'string';
  const entries = Object.entries(value).filter(([key]) => !(isNode && key === 'pattern'));
  return Object.fromEntries(entries.map(([key, member]) => [key, withoutPatterns(member)]));
}

function everyAt(
  value: JsonValue | undefined,
  steps: readonly Step[],
  at: number,
  matcher: RE2JS,
): boolean {
  const step = steps[at];
  if (step === undefined) {
    if (typeof value !== 'string') return true;
    return value.length <= PATTERN_CHARS_MAX && matcher.matcher(value).find();
  }
  return below(value, step).every((member) => everyAt(member, steps, at + 1, matcher));
}

function below(value: JsonValue | undefined, step: Step): readonly (JsonValue | undefined)[] {
  if (step.kind === 'items') return Array.isArray(value) ? value : [];
  if (!isJsonObject(value)) return [];
  if (step.kind === 'member') return memberOf(value, step.name);
  return Object.keys(value)
    .filter((name) => !step.known.has(name))
    .map((name) => value[name]);
}

const memberOf = (value: JsonObject, name: string): readonly (JsonValue | undefined)[] =>
  Object.hasOwn(value, name) ? [value[name]] : [];
