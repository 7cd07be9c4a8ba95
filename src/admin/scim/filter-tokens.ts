/** The words of a filter or of a PATCH path. Linear, and without a pattern that could backtrack. */
import { parseJson } from '#stdx/json.ts';

export const FILTER_CHARS_MAX = 1_024;

export type Literal = string | number | boolean | null;

export type Token =
  /** A name, an operator, or `.value` right behind a bracket. */
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'mark'; readonly text: string }
  | { readonly kind: 'value'; readonly value: Literal };

const WORD = /[A-Za-z0-9_$:.-]/u;
const NUMBER = /^-?\d{1,15}(?:\.\d{1,15})?$/u;
const LITERALS: Readonly<Record<string, Literal>> = { true: true, false: false, null: null };

/** Null: a character that no filter has, or a text without an end. */
export function tokensOf(text: string): readonly Token[] | null {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length;) {
    const char = text[at] ?? '';
    if (char === ' ') at += 1;
    else if ('()[]'.includes(char)) {
      tokens.push({ kind: 'mark', text: char });
      at += 1;
    } else if (char === '"') {
      const end = endOfText(text, at);
      const value = parseJson(text.slice(at, end));
      if (typeof value !== 'string') return null;
      tokens.push({ kind: 'value', value });
      at = end;
    } else {
      const end = endOfWord(text, at);
      if (end === at) return null;
      tokens.push(wordOf(text.slice(at, end)));
      at = end;
    }
  }
  return tokens;
}

/** Behind the closing quote; a text without one does not parse. */
function endOfText(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at < text.length && WORD.test(text[at] ?? '')) at += 1;
  return at;
}

function wordOf(text: string): Token {
  const literal = Object.hasOwn(LITERALS, text.toLowerCase())
    ? LITERALS[text.toLowerCase()]
    : undefined;
  if (literal !== undefined) return { kind: 'value', value: literal };
  return NUMBER.test(text) ? { kind: 'value', value: Number(text) } : { kind: 'word', text };
}
