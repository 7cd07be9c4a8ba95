/**
 * What an expression may consist of, and what its evaluation can cost at most. An allow-list: a node,
 * a name or a function that is not known here is refused, so that a new one of the library is too.
 *
 * The cost is worked out before anything runs, from bounds that values have: a condition that could
 * take long is a problem of the configuration, not of a request.
 */
import type { ASTNode } from '@marcbachmann/cel-js';

import { FUNCTIONS, METHODS, QUANTIFIERS } from './condition-language.ts';
import { FACT_LIST_MAX, FIELDS } from './facts.ts';
import { isNetwork } from './networks.ts';

/** About a millisecond. One `all` over the tools of a call fits, one inside another does not. */
export const CONDITION_COST_MAX = 20_000;
const OPERATOR_COST = 4;
/** A value may be absent, and the library throws for it: so does a division by zero. */
const READ_COST = 16;
const DIVISION_COST = 32;
/** Texts and lists are copied. */
const PLUS_COST = 64;
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,3})?(?:Z|[+-]\d\d:\d\d)$/u;

/** Thrown to the one caller, `compileCondition`, and never past it. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly node: ASTNode;

  constructor(message: string, node: ASTNode) {
    super(message);
    this.node = node;
  }
}

export interface Checked {
  readonly cost: number;
  /** False: it can be decided before there is a call. */
  readonly readsCall: boolean;
}

export function checkExpression(root: ASTNode): Checked {
  const check = new Check();
  const cost = check.cost(root);
  if (cost > CONDITION_COST_MAX) {
    throw new Refusal('this could take too long: it looks at too many values', root);
  }
  return { cost, readsCall: check.readsCall };
}

class Check {
  readsCall = false;
  /** Names that quantifiers have bound, the innermost last. */
  readonly #bound: string[] = [];

  cost(node: ASTNode): number {
    switch (node.op) {
      case 'value':
        return this.#literal(node);
      case 'id':
        return this.#name(node);
      case '.':
        return READ_COST + this.cost(node.args[0]);
      case '[]':
        return this.#index(node);
      case 'call':
        return this.#function(node);
      case 'rcall':
        return this.#method(node);
      case 'list':
        return 1 + this.#sum(node.args);
      case '?:':
      case '||':
      case '&&':
      case '==':
      case '!=':
      case '<':
      case '<=':
      case '>':
      case '>=':
        return OPERATOR_COST + this.#sum(node.args);
      case '+':
        return PLUS_COST + this.#sum(node.args);
      case '-':
      case '*':
        return OPERATOR_COST + this.#sum(node.args);
      case '/':
      case '%':
        return DIVISION_COST + this.#sum(node.args);
      case 'in':
        return FACT_LIST_MAX / 4 + this.#sum(node.args);
      case '!_':
      case '-_':
        return 1 + this.cost(node.args);
      case 'map':
      case '.?':
      case '[?]':
      default:
        throw new Refusal('this part of the language is not for conditions', node);
    }
  }

  #sum(nodes: readonly ASTNode[]): number {
    return nodes.reduce((total, node) => total + this.cost(node), 0);
  }

  #literal(node: ASTNode): number {
    const value: unknown = node.args;
    if (['string', 'bigint', 'number', 'boolean'].includes(typeof value)) return 1;
    throw new Refusal('write texts, numbers, true, false and lists of them', node);
  }

  #name(node: ASTNode & { readonly op: 'id' }): number {
    const name = node.args;
    if (this.#bound.includes(name)) return 1;
    if (!Object.hasOwn(FIELDS, name)) throw new Refusal('there is no such name', node);
    if (name === 'call') this.readsCall = true;
    return 1;
  }

  /** Fields are named, not computed; only claims are names that we do not know. */
  #index(node: ASTNode & { readonly op: '[]' }): number {
    const [of, index] = node.args;
    const isClaim = of.op === '.' && of.args[1] === 'claims' && index.op === 'value';
    // Or the first of a list, or another that is written as a number: what is not there is an error.
    const isEntry = index.op === 'value' && typeof index.args === 'bigint';
    if (!isClaim && !isEntry) {
      throw new Refusal('[…] is for principal.claims["name"] only', node);
    }
    return READ_COST + this.cost(of) + this.cost(index);
  }

  #function(node: ASTNode & { readonly op: 'call' }): number {
    const [name, args] = node.args;
    const cost = FUNCTIONS.get(name);
    if (cost === undefined) throw new Refusal('there is no such function', node);
    if (name === 'timestamp') checkText(node, args[0], (text) => TIMESTAMP.test(text));
    if (name === 'inNetwork') checkText(node, args[1], isNetwork);
    return cost + this.#sum(args);
  }

  #method(node: ASTNode & { readonly op: 'rcall' }): number {
    const [name, receiver, args] = node.args;
    if (QUANTIFIERS.has(name)) return this.#quantifier(node);
    const cost = METHODS.get(name);
    if (cost === undefined) {
      const instead = 'there is no such method; for patterns use glob("a*"), contains, startsWith';
      throw new Refusal(instead, node);
    }
    return cost + this.cost(receiver) + this.#sum(args);
  }

  /** What it goes through is a field or is written out: those have bounds, a sum of lists has not. */
  #quantifier(node: ASTNode & { readonly op: 'rcall' }): number {
    const [, range, [variable, body]] = node.args;
    if (variable?.op !== 'id' || body === undefined) throw new Refusal('write all(x, …)', node);
    if (range.op !== '.' && range.op !== '[]' && range.op !== 'list') {
      throw new Refusal('all and exists look at a field or at a list that is written out', node);
    }
    const rounds = range.op === 'list' ? range.args.length : FACT_LIST_MAX;
    const cost = this.cost(range);
    this.#bound.push(variable.args);
    const total = OPERATOR_COST + cost + rounds * (1 + this.cost(body));
    this.#bound.pop();
    return total;
  }
}

function checkText(node: ASTNode, arg: ASTNode | undefined, isRight: (text: string) => boolean) {
  const text: unknown = arg?.op === 'value' ? arg.args : null;
  if (typeof text === 'string' && isRight(text)) return;
  throw new Refusal(
    'write the value out: timestamp("2027-01-01T00:00:00Z"), inNetwork(request.ip, "10.0.0.0/8")',
    node,
  );
}
