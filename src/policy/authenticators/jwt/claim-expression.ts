/**
 * A claim that is worked out: `cel: claims.email.split("@")[1]`. For issuers whose tokens do not say
 * who it is in a claim of its own. Compiled when a configuration is taken. A token whose claims it
 * cannot be worked out for says nobody, and is refused; what may be missing is asked for with `has()`.
 *
 * An allow-list, as for conditions: what the library brings beside it (regular expressions, `bind`) is
 * refused. Tokens have 8 KB, expressions 64 parts, and no loop stands in a loop: that bounds the time.
 */
import { type ASTNode, Environment } from '@marcbachmann/cel-js';

import type { JsonObject, JsonValue } from '#stdx/json.ts';
import { err, ok, type Result } from '#stdx/result.ts';

export const CLAIM_EXPRESSION = 'cel:';
const PARTS_MAX = 64;

export type ReadClaim = (claims: JsonObject) => JsonValue | undefined;

const METHODS = new Set([
  'startsWith',
  'endsWith',
  'contains',
  'lowerAscii',
  'upperAscii',
  'trim',
  'indexOf',
  'lastIndexOf',
  'substring',
  'split',
  'join',
  'size',
]);
const LOOPS = new Set(['all', 'exists', 'exists_one', 'filter', 'map']);
const OPERATORS = ['==', '!=', '<', '<=', '>', '>=', '&&', '||', '?:', '+', 'in'];

const language = new Environment({
  limits: {
    maxAstNodes: PARTS_MAX,
    maxDepth: 16,
    maxListElements: PARTS_MAX,
    maxMapEntries: 0,
    maxCallArguments: 4,
  },
}).registerVariable('claims', 'map<string, dyn>');

const HINT = `there are claims.name, claims["name"], has(), ${[...METHODS, ...LOOPS].join(', ')}, ${OPERATORS.join(' ')}`;

/** Quotes nothing of the expression: it may have come out of a secret. */
export function compileClaimExpression(text: string): Result<ReadClaim, string> {
  try {
    const parsed = language.parse(text);
    if (!isAllowed(parsed.ast, [])) return err(`this is not for claims; ${HINT}`);
    const { valid, type } = parsed.check();
    if (!valid || (type !== 'dyn' && type !== 'string' && !type?.startsWith('list'))) {
      return err('it is no text and no list of texts');
    }
    return ok((claims) => valueOf(() => parsed({ claims })));
  } catch {
    // What the parser says of a text that is no expression, or that has too many parts.
    return err(`it is not a CEL expression of at most ${PARTS_MAX} parts; ${HINT}`);
  }
}

/** What is no text and no list is no name of anybody, and so is what could not be worked out. */
const NO_NAME = false;

function valueOf(evaluate: () => unknown): JsonValue {
  try {
    const value = evaluate();
    if (typeof value === 'string') return value;
    if (!Array.isArray(value)) return NO_NAME;
    const texts = value.filter((one) => typeof one === 'string');
    return texts.length === value.length ? texts : NO_NAME;
  } catch {
    // Its message quotes the claims.
    return NO_NAME;
  }
}

/** `bound`: the name that the loop around has given to its entries. */
function isAllowed(node: ASTNode, bound: readonly string[]): boolean {
  const all = (nodes: readonly ASTNode[]): boolean => nodes.every((one) => isAllowed(one, bound));
  switch (node.op) {
    case 'value':
      return ['string', 'bigint', 'boolean'].includes(typeof node.args);
    case 'id':
      return node.args === 'claims' || bound.includes(node.args);
    case '.':
      return isAllowed(node.args[0], bound);
    case '[]':
    case 'list':
      return all(node.args);
    case '!_':
      return isAllowed(node.args, bound);
    case 'call':
      return node.args[0] === 'has' && all(node.args[1]);
    case 'rcall':
      return isMethodAllowed(node, bound);
    case '==':
    case '!=':
    case '<':
    case '<=':
    case '>':
    case '>=':
    case '&&':
    case '||':
    case '?:':
    case '+':
    case 'in':
      return all(node.args);
    case '-':
    case '*':
    case '/':
    case '%':
    case '-_':
    case 'map':
    case '.?':
    case '[?]':
    default:
      return false;
  }
}

function isMethodAllowed(
  { args: [name, receiver, args] }: ASTNode & { readonly op: 'rcall' },
  bound: readonly string[],
): boolean {
  if (!LOOPS.has(name)) {
    return METHODS.has(name) && [receiver, ...args].every((one) => isAllowed(one, bound));
  }
  const [variable, ...bodies] = args;
  // A loop in a loop could look at every pair of what a token says.
  if (bound.length > 0 || variable?.op !== 'id' || !isAllowed(receiver, bound)) return false;
  return bodies.every((body) => isAllowed(body, [variable.args]));
}
