/**
 * A condition of a rule: compiled and checked once, when a configuration is taken or the store has
 * changed; evaluated for calls. It has three ends, and only one of them is yes: a value that is not
 * there, a comparison that cannot be made, an answer that is no truth value are all `failed`. A rule
 * that allows needs `met`; a rule that denies is kept from acting by `unmet` alone.
 */
import { ParseError } from '@marcbachmann/cel-js';

import { err, ok, type Result } from '#stdx/result.ts';

import { checkExpression, Refusal } from './condition-check.ts';
import { CONDITION_CHARS_MAX, FUNCTIONS, language, METHODS } from './condition-language.ts';
import { type Facts, FIELDS } from './facts.ts';

export type Outcome = 'met' | 'unmet' | 'failed';

export interface Condition {
  readonly text: string;
  /** At most. See `condition-check.ts`. */
  readonly cost: number;
  readonly readsCall: boolean;
  judge(facts: Facts): Outcome;
}

/** Quotes nothing: the expression may have come out of a secret, or from a caller. */
export interface ConditionProblem {
  /** From 1, in the expression. */
  readonly line: number;
  readonly column: number;
  readonly message: string;
  readonly hint: string;
}

export function compileCondition(text: string): Result<Condition, ConditionProblem> {
  const compiled = compile(text, ['bool'], 'it is not true or false');
  if (!compiled.ok) return compiled;
  const { cost, readsCall, evaluate } = compiled.value;
  return ok({ text, cost, readsCall, judge: (facts) => outcomeOf(evaluate, facts) });
}

/** Worked out for each call, to count by: `call.endUser`, `principal.claims["department"][0]`. */
export interface ValueExpression {
  readonly text: string;
  readonly cost: number;
  /** Null where it cannot be worked out: a value that it reads is absent. */
  read(facts: Facts): string | null;
}

export function compileValue(text: string): Result<ValueExpression, ConditionProblem> {
  const compiled = compile(text, ['string', 'int', 'bool'], 'it is not a text, a number or a bool');
  if (!compiled.ok) return compiled;
  const { cost, evaluate } = compiled.value;
  return ok({ text, cost, read: (facts) => valueOf(evaluate, facts) });
}

interface Compiled {
  readonly cost: number;
  readonly readsCall: boolean;
  readonly evaluate: (facts: Facts) => unknown;
}

function compile(
  text: string,
  types: readonly string[],
  otherwise: string,
): Result<Compiled, ConditionProblem> {
  if (text.length > CONDITION_CHARS_MAX) {
    const message = `it is longer than ${CONDITION_CHARS_MAX} characters`;
    return err({ ...placeOf(text, 0), message, hint: '' });
  }
  try {
    const parsed = language.parse(text);
    const { cost, readsCall } = checkExpression(parsed.ast);
    const { valid, type, error } = parsed.check();
    if (!valid) return err(problemOf(text, error));
    if (!types.includes(type ?? '')) {
      const hint = types.includes('bool') && types.length === 1 ? COMPARE : '';
      return err({ ...placeOf(text, 0), message: otherwise, hint });
    }
    const evaluate: Compiled['evaluate'] = (facts): unknown => parsed({ ...facts });
    return ok({ cost, readsCall, evaluate });
  } catch (thrown) {
    // A refusal of ours, or what the parser says of a text that is no expression.
    return err(problemOf(text, thrown));
  }
}

const COMPARE = 'compare something: call.maxOutputTokens <= 4096';

function valueOf(evaluate: (facts: Facts) => unknown, facts: Facts): string | null {
  const value = quietly(evaluate, facts);
  if (typeof value === 'string') return value;
  const isPlain = typeof value === 'bigint' || typeof value === 'boolean';
  return isPlain ? String(value) : null;
}

/** Every error is the same end: whether it was a missing value or a bug, it must not grant. */
function outcomeOf(evaluate: (facts: Facts) => unknown, facts: Facts): Outcome {
  const value = quietly(evaluate, facts);
  if (typeof value !== 'boolean') return 'failed';
  return value ? 'met' : 'unmet';
}

/** Undefined: it could not be worked out. */
function quietly(evaluate: (facts: Facts) => unknown, facts: Facts): unknown {
  const { stackTraceLimit } = Error;
  // Absent values are ordinary, and the library throws for each: nobody reads where. With stacks,
  // leaving values out would be the dearest thing that a caller can send.
  Error.stackTraceLimit = 0;
  try {
    return evaluate(facts);
  } catch {
    // Its message quotes what was compared, so nobody hears it.
    return undefined;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** A stored condition that does not compile: what it allows is not allowed, what it denies is. */
export const brokenCondition = (text: string): Condition => ({
  text,
  cost: 0,
  readsCall: false,
  judge: () => 'failed',
});

const NAMES = Object.entries(FIELDS)
  .flatMap(([object, fields]) => Object.keys(fields).map((field) => `${object}.${field}`))
  .join(', ');
const CALLS = [...FUNCTIONS.keys(), ...METHODS.keys(), 'all', 'exists', 'exists_one'].join(', ');

/** By the library's code. Its own messages quote the expression. */
const PROBLEMS: Readonly<Record<string, readonly [message: string, hint: string]>> = {
  unknown_variable: ['there is no such name', `there are ${NAMES}`],
  no_such_key: ['there is no such field', `there are ${NAMES}`],
  no_such_overload: [
    'these values cannot be compared or combined',
    'texts are compared with texts, numbers with numbers; claims are lists: "a" in principal.claims.b',
  ],
  no_matching_overload: ['there is no such function for these values', `there are ${CALLS}`],
  invalid_logical_operand: ['&& and || need true or false on both sides', ''],
  invalid_condition_type: ['this needs to be true or false', ''],
  heterogeneous_list_element: ['a list has entries of one kind', ''],
  limit_exceeded: ['it has too many parts', 'write several rules'],
};

interface Located {
  readonly code: string;
  readonly start: number;
}

function locate(thrown: unknown): Located {
  if (thrown instanceof Refusal) return { code: '', start: thrown.node.start };
  const { code, range } = (thrown ?? {}) as { code?: unknown; range?: { start?: unknown } };
  const start = typeof range?.start === 'number' ? range.start : 0;
  return { code: typeof code === 'string' ? code : '', start };
}

function problemOf(text: string, thrown: unknown): ConditionProblem {
  const { code, start } = locate(thrown);
  const place = placeOf(text, start);
  if (thrown instanceof Refusal) {
    const isName = thrown.message.startsWith('there is no such name');
    return { ...place, message: thrown.message, hint: isName ? `there are ${NAMES}` : '' };
  }
  const named = PROBLEMS[code];
  if (code === 'no_such_key')
    return { ...place, message: named?.[0] ?? '', hint: fieldsAt(text, start) };
  const [message, hint] =
    named ??
    (thrown instanceof ParseError
      ? ['it is not a CEL expression', 'for example: call.maxOutputTokens <= 4096']
      : ['this cannot be evaluated', '']);
  return { ...place, message, hint };
}

/** The fields of the object that was written, or of all. */
function fieldsAt(text: string, start: number): string {
  const object = /\b(?<object>principal|call|request)\.$/u.exec(text.slice(0, start))?.groups;
  const named = NAMES.split(', ').filter((name) => name.startsWith(`${object?.['object'] ?? ''}.`));
  return `there are ${named.length === 0 ? NAMES : named.join(', ')}`;
}

function placeOf(text: string, start: number): Pick<ConditionProblem, 'line' | 'column'> {
  const before = text.slice(0, start).split('\n');
  return { line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/** `at line 2, character 7: there is no such field`. */
export const conditionText = ({ line, column, message }: ConditionProblem): string =>
  `at ${line === 1 ? '' : `line ${line}, `}character ${column}: ${message}`;
