/**
 * Filters of RFC 7644 section 3.4.2.2, read into a tree. Bounded in length, depth and comparisons, so
 * what a filter costs is known; an attribute that is not there is refused and not passed over, because
 * an identity provider would take "no such user" for an answer.
 */
import { type Attribute, pathOf, withoutUrn } from './attributes.ts';
import { FILTER_CHARS_MAX, type Literal, type Token, tokensOf } from './filter-tokens.ts';

export type Operator = 'eq' | 'ne' | 'co' | 'sw' | 'ew' | 'gt' | 'ge' | 'lt' | 'le';

export type Filter =
  | { readonly kind: 'and' | 'or'; readonly left: Filter; readonly right: Filter }
  | { readonly kind: 'not'; readonly of: Filter }
  | { readonly kind: 'present'; readonly attribute: Attribute; readonly sub: Attribute | null }
  | {
      readonly kind: 'compare';
      readonly attribute: Attribute;
      readonly sub: Attribute | null;
      readonly operator: Operator;
      readonly value: Literal;
    }
  /** Some value of a multi-valued attribute for which the inner filter holds. */
  | { readonly kind: 'some'; readonly attribute: Attribute; readonly of: Filter };

const DEPTH_MAX = 12;
const TERMS_MAX = 40;
/** In the path of a PATCH operation, of which there are many, each over all members of a group. */
export const PATH_TERMS_MAX = 4;

const OPERATORS: ReadonlySet<string> = new Set([
  'eq',
  'ne',
  'co',
  'sw',
  'ew',
  'gt',
  'ge',
  'lt',
  'le',
]);
const isOperator = (word: string): word is Operator => OPERATORS.has(word);

/** The tree, or null for what is no filter over these attributes. */
export function parseFilter(
  text: string,
  attributes: readonly Attribute[],
  { urn = '', termsMax = TERMS_MAX }: { readonly urn?: string; readonly termsMax?: number } = {},
): Filter | null {
  if (text.length > FILTER_CHARS_MAX) return null;
  const tokens = tokensOf(text);
  return tokens === null ? null : new Parser(tokens, urn, termsMax).whole(attributes);
}

/** Every method gives null where the text is no filter. */
class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;
  #terms = 0;

  readonly #urn: string;

  readonly #termsMax: number;

  constructor(tokens: readonly Token[], urn: string, termsMax: number) {
    this.#tokens = tokens;
    this.#urn = urn;
    this.#termsMax = termsMax;
  }

  whole(attributes: readonly Attribute[]): Filter | null {
    const filter = this.#or(attributes, 0);
    return this.#at === this.#tokens.length ? filter : null;
  }

  #or(attributes: readonly Attribute[], depth: number): Filter | null {
    return this.#chain('or', () => this.#and(attributes, depth));
  }

  #and(attributes: readonly Attribute[], depth: number): Filter | null {
    return this.#chain('and', () => this.#term(attributes, depth));
  }

  /** To the left, as the grammar says; the bound on terms bounds the depth of the tree. */
  #chain(kind: 'and' | 'or', next: () => Filter | null): Filter | null {
    let left = next();
    while (left !== null && this.#takeWord(kind)) {
      const right = next();
      if (right === null) return null;
      left = { kind, left, right };
    }
    return left;
  }

  #term(attributes: readonly Attribute[], depth: number): Filter | null {
    this.#terms += 1;
    if (depth >= DEPTH_MAX || this.#terms > this.#termsMax) return null;
    // `not` is an attribute's name only where no parenthesis follows.
    const isNot = this.#word(0) === 'not' && this.#mark(1) === '(';
    if (isNot) this.#at += 1;
    if (this.#mark(0) === '(') {
      this.#at += 1;
      const inner = this.#or(attributes, depth + 1);
      if (inner === null || !this.#takeMark(')')) return null;
      return isNot ? { kind: 'not', of: inner } : inner;
    }
    return this.#attribute(attributes, depth);
  }

  #attribute(attributes: readonly Attribute[], depth: number): Filter | null {
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word') return null;
    const path = pathOf(withoutUrn(token.text, this.#urn), attributes);
    if (path === null) return null;
    this.#at += 1;
    if (this.#mark(0) !== '[') return this.#comparison(path.attribute, path.sub);
    return path.sub === null ? this.#some(path.attribute, depth) : null;
  }

  /** `emails[type eq "work"]`, and the form that Entra ID adds to the grammar: `emails[…].value eq "x"`. */
  #some(attribute: Attribute, depth: number): Filter | null {
    if (!attribute.isMulti || attribute.sub.length === 0) return null;
    this.#at += 1;
    const inner = this.#or(attribute.sub, depth + 1);
    if (inner === null || !this.#takeMark(']')) return null;
    const token = this.#tokens[this.#at];
    if (token?.kind !== 'word' || !token.text.startsWith('.')) {
      return { kind: 'some', attribute, of: inner };
    }
    const path = pathOf(token.text.slice(1), attribute.sub);
    if (path === null || path.sub !== null) return null;
    this.#at += 1;
    const right = this.#comparison(path.attribute, null);
    return right === null
      ? null
      : { kind: 'some', attribute, of: { kind: 'and', left: inner, right } };
  }

  #comparison(attribute: Attribute, sub: Attribute | null): Filter | null {
    const operator = this.#word(0);
    if (operator === null) return null;
    this.#at += 1;
    if (operator === 'pr') return { kind: 'present', attribute, sub };
    const token = this.#tokens[this.#at];
    if (!isOperator(operator) || token?.kind !== 'value') return null;
    this.#at += 1;
    const { value } = token;
    const compared = comparedOf(attribute, sub);
    if (compared === null || !isComparable(compared, operator, value)) return null;
    return { kind: 'compare', attribute, sub, operator, value };
  }

  #word(ahead: number): string | null {
    const token = this.#tokens[this.#at + ahead];
    return token?.kind === 'word' ? token.text.toLowerCase() : null;
  }

  #mark(ahead: number): string | null {
    const token = this.#tokens[this.#at + ahead];
    return token?.kind === 'mark' ? token.text : null;
  }

  #takeWord(word: string): boolean {
    const isIt = this.#word(0) === word;
    if (isIt) this.#at += 1;
    return isIt;
  }

  #takeMark(mark: string): boolean {
    const isIt = this.#mark(0) === mark;
    if (isIt) this.#at += 1;
    return isIt;
  }
}

/** What is compared; of a list of things, their `value` where none is named. */
export function comparedOf(attribute: Attribute, sub: Attribute | null): Attribute | null {
  if (sub !== null) return sub;
  if (attribute.type !== 'complex') return attribute;
  return attribute.isMulti ? (pathOf('value', attribute.sub)?.attribute ?? null) : null;
}

function isComparable({ type }: Attribute, operator: Operator, value: Literal): boolean {
  if (value === null) return operator === 'eq' || operator === 'ne';
  if (type === 'boolean') {
    return typeof value === 'boolean' && (operator === 'eq' || operator === 'ne');
  }
  if (typeof value !== 'string') return false;
  const isPart = operator === 'co' || operator === 'sw' || operator === 'ew';
  return type !== 'dateTime' || (!isPart && !Number.isNaN(Date.parse(value)));
}
