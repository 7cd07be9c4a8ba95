/**
 * Values of claims as people write them: a claim a line, `department: risk | audit`. Names and values are
 * what an issuer chose, so what this form would take apart is written as JSON: `"a: b": ["x | y"]`.
 * What is shown in a form reads as what it was, to the letter.
 */
import type { BindingView } from '../../../src/admin/contract.ts';

type Claims = BindingView['claims'];

const isPlainName = (name: string): boolean =>
  name !== '' && name === name.trim() && !/[\n\r]|:\s|:$|^"/u.test(name);
const isPlainValue = (value: string): boolean =>
  value !== '' && value === value.trim() && !/[|\n\r]|^\[/u.test(value);

export const claimsText = (claims: Claims, separator = '\n'): string =>
  Object.entries(claims)
    .map(([name, values]) => {
      const named = isPlainName(name) ? name : JSON.stringify(name);
      const isPlain = values.length > 0 && values.every(isPlainValue);
      return `${named}: ${isPlain ? values.join(' | ') : JSON.stringify(values)}`;
    })
    .join(separator);

/** Null: a line is none. `line`: which, from 1. */
export type ReadClaims = { readonly claims: Claims } | { readonly line: number };

export function readClaims(text: string): ReadClaims {
  const claims = new Map<string, readonly string[]>();
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const { quoted, plain, rest = '' } = LINE.exec(line.trim())?.groups ?? {};
    const name = quoted === undefined ? plain : textOf(quoted);
    const values = valuesOf(rest.trim());
    // Twice the same claim: of two lines one would be lost.
    if (name === undefined || name === null || values === null || claims.has(name)) {
      return { line: index + 1 };
    }
    claims.set(name, values);
  }
  return { claims: Object.fromEntries(claims) };
}

const LINE =
  /^(?:(?<quoted>"(?:[^"\\]|\\.)*")|(?<plain>[^"\s](?:[^:]|:(?!\s))*?))\s*:\s+(?<rest>.+)$/su;

function valuesOf(text: string): readonly string[] | null {
  if (!text.startsWith('[')) {
    const values = text.split('|').map((value) => value.trim());
    return values.includes('') ? null : values;
  }
  const list = jsonOf(text);
  const isList = Array.isArray(list) && list.every((one): one is string => typeof one === 'string');
  return isList ? list : null;
}

function textOf(text: string): string | null {
  const name = jsonOf(text);
  return typeof name === 'string' ? name : null;
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // It is no JSON: the line is said to be none.
    return null;
  }
}
