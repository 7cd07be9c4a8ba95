/** What zod found, in our words. Its own messages may quote input; these quote keys and limits. */
import type { z } from 'zod';

import { unreachable } from '#stdx/assert.ts';
import type { JsonValue } from '#stdx/json.ts';

import { nearest } from './did-you-mean.ts';
import type { Path, Problem } from './issue.ts';
import { below, keysAt } from './known-keys.ts';

type ZodIssue = z.core.$ZodIssue;

const GUARDS_HINT =
  'write `guards: []` for none, or `guards: [{ name: secrets, type: secrets, action: redact }]`';

export function schemaProblems(issues: readonly ZodIssue[], value: JsonValue): Problem[] {
  return issues.flatMap((issue) => problemsOf(issue, value));
}

function problemsOf(issue: ZodIssue, value: JsonValue): Problem[] {
  const path = issue.path.map((part) => (typeof part === 'number' ? part : String(part)));
  const found = path.reduce<JsonValue | undefined>(below, value);
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => unknownKey(path, key, value));
    case 'invalid_key':
      return [
        {
          path,
          message: issue.issues[0]?.message ?? 'this key is not allowed',
          hint: '',
          isKey: true,
        },
      ];
    case 'invalid_value':
      return [{ path, message: messageOf(issue), hint: hintOf(found, issue.values) }];
    case 'invalid_union':
      return [{ path, message: messageOf(issue), hint: hintOf(found, optionsOf(issue)) }];
    case 'invalid_type':
      return [typeProblem(issue, path, found)];
    case 'custom':
    case 'invalid_element':
    case 'invalid_format':
    case 'not_multiple_of':
    case 'too_big':
    case 'too_small':
      return [{ path, message: messageOf(issue), hint: '' }];
    default:
      return unreachable(issue);
  }
}

function unknownKey(path: Path, key: string, value: JsonValue): Problem {
  const known = keysAt(path, value);
  const near = nearest(key, known);
  const all = known.length > 0 ? `known keys here: ${known.join(', ')}` : '';
  const hint = near === null ? all : `did you mean \`${near}\`?`;
  return { path: [...path, key], message: 'there is no such key', hint, isKey: true };
}

function typeProblem(
  issue: Extract<ZodIssue, { code: 'invalid_type' }>,
  path: Path,
  found: JsonValue | undefined,
): Problem {
  const isGuards = path.length === 1 && path[0] === 'guards';
  if (isGuards) return { path, message: issue.message, hint: GUARDS_HINT };
  const isOwn = !issue.message.startsWith('Invalid input');
  const missing =
    found === undefined
      ? 'this key is missing'
      : `write ${EXPECTED[issue.expected] ?? issue.expected}`;
  const hint = found === null ? 'the value is empty: write one, or leave the key out' : '';
  return { path, message: isOwn ? issue.message : missing, hint };
}

const EXPECTED: Readonly<Record<string, string>> = {
  object: 'keys and values',
  record: 'keys and values',
  array: 'a list',
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
};

/** The types that a union offers; zod's own type does not name them. */
const optionsOf = (issue: object): readonly unknown[] =>
  'options' in issue && Array.isArray(issue.options) ? issue.options : [];

/** The offered values only: what was found may be a secret. */
function hintOf(found: JsonValue | undefined, values: readonly unknown[]): string {
  const words = values.filter((value) => typeof value === 'string');
  const near = typeof found === 'string' ? nearest(found, words) : null;
  return near === null ? '' : `did you mean \`${near}\`?`;
}

function messageOf(issue: ZodIssue): string {
  const { code, message } = issue;
  if (code === 'too_small') return sizeMessage(issue.origin, 'at least', Number(issue.minimum));
  if (code === 'too_big') return sizeMessage(issue.origin, 'at most', Number(issue.maximum));
  if (code !== 'invalid_value' || !message.startsWith('Invalid')) return message;
  const values = issue.values.map((value) => String(value));
  return `write ${values.join(', ')}`.replace(/, (?<last>[^,]*)$/u, ' or $<last>');
}

function sizeMessage(origin: string, bound: string, limit: number): string {
  if (origin === 'string') return `write ${bound} ${limit} characters`;
  if (origin === 'array') return `write ${bound} ${limit} ${limit === 1 ? 'entry' : 'entries'}`;
  return `write ${bound} ${limit}`;
}
