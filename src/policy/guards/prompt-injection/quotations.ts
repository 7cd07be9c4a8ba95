/**
 * What of a text stands in quotations: between marks, in fences and quoted or indented lines, in rows
 * of tables and items of lists. Linear: a closing mark is looked for once, and remembered.
 */

/** Fewer words than these are a title or a term. */
const QUOTED_WORDS_MIN = 3;
const ASIDE_WORDS_MIN = 5;
/** A quotation that does not end soon is none: its first mark stands alone. */
const QUOTED_CHARS_MAX = 4_096;
/** Stands where a quotation was, so that what is around it is not read as one sentence. */
const PLACEHOLDER = ' … ';

interface Mark {
  readonly open: string;
  readonly close: string;
  readonly wordsMin: number;
  /** Such marks are also apostrophes and signs of multiplication: they open before a word and close behind one. */
  readonly isTight: boolean;
}

const mark = (open: string, close: string, isTight = false): Mark => ({
  open,
  close,
  wordsMin: open === '(' ? ASIDE_WORDS_MIN : QUOTED_WORDS_MIN,
  isTight,
});

/** The longer of two that begin alike stands first. */
const MARKS: readonly Mark[] = [
  mark('<q>', '</q>'),
  mark('<code>', '</code>'),
  mark('<pre>', '</pre>'),
  mark('<blockquote>', '</blockquote>'),
  mark('```', '```'),
  mark('`', '`'),
  mark('"', '"'),
  mark('“', '”'),
  mark('„', '“'),
  mark('„', '”'),
  mark('«', '»'),
  mark('»', '«'),
  mark('‹', '›'),
  mark('「', '」'),
  mark('『', '』'),
  mark('‘', '’', true),
  mark("'", "'", true),
  mark('*', '*', true),
  mark('_', '_', true),
  mark('(', ')'),
];
const FIRSTS = new Map<string, readonly Mark[]>(
  Map.groupBy(MARKS, ({ open }) => open.charAt(0)).entries(),
);

const FENCE = /^\s{0,3}(?:```|~~~)/u;
const QUOTED_LINE = /^\s{0,3}>|^(?: {4}|\t)\s*\S|^\s*(?:[-*•–]|\d{1,3}[.)])\s/u;
const ROW = /^\s*\|.*\|\s*$/u;
const WORD = /[\p{L}\p{N}]/u;

/** The text without its quotations, or null where it has none. */
export function withoutQuotations(text: string): string | null {
  const lines = withoutQuotedLines(text);
  const outside = withoutMarked(lines);
  return outside === text ? null : outside;
}

function withoutQuotedLines(text: string): string {
  let isFenced = false;
  const kept = text.split('\n').map((line) => {
    if (FENCE.test(line)) {
      isFenced = !isFenced;
      return PLACEHOLDER;
    }
    if (isFenced) return PLACEHOLDER;
    if (ROW.test(line)) return withoutLongCells(line);
    return QUOTED_LINE.test(line) && hasWords(line, QUOTED_WORDS_MIN) ? PLACEHOLDER : line;
  });
  // A fence that nobody closed is no fence: all of the rest would be a quotation.
  return isFenced ? text : kept.join('\n');
}

/** Short cells say what the long ones are. */
const withoutLongCells = (row: string): string =>
  row
    .split('|')
    .map((cell) => (hasWords(cell, ASIDE_WORDS_MIN) ? PLACEHOLDER : cell))
    .join('|');

function withoutMarked(text: string): string {
  const closers = new Map<Mark, number>();
  let out = '';
  let from = 0;
  for (let at = 0; at < text.length; at += 1) {
    const end = quotedTo(text, at, closers);
    if (end === -1) continue;
    out += text.slice(from, at) + PLACEHOLDER;
    from = end;
    at = end - 1;
  }
  return out + text.slice(from);
}

/** One past the quotation that begins here, or -1. */
function quotedTo(text: string, at: number, closers: Map<Mark, number>): number {
  for (const one of FIRSTS.get(text.charAt(at)) ?? []) {
    const { open, close, isTight, wordsMin } = one;
    if (!text.startsWith(open, at)) continue;
    if (isTight && (isWordAt(text, at - 1) || isBlankAt(text, at + 1))) continue;
    const from = at + open.length;
    let end = closers.get(one) ?? -1;
    if (end < from) {
      end = closeOf(text, from, close, isTight);
      closers.set(one, end);
    }
    if (end - from > QUOTED_CHARS_MAX || !hasWords(text.slice(from, end), wordsMin)) continue;
    return end + close.length;
  }
  return -1;
}

/** Where the closing mark stands; past every bound where there is none. */
function closeOf(text: string, from: number, close: string, isTight: boolean): number {
  let at = text.indexOf(close, from);
  if (isTight) {
    while (at !== -1 && (isWordAt(text, at + 1) || isBlankAt(text, at - 1))) {
      at = text.indexOf(close, at + 1);
    }
  }
  return at === -1 ? Number.POSITIVE_INFINITY : at;
}

const isWordAt = (text: string, at: number): boolean => WORD.test(text.charAt(at));
const isBlankAt = (text: string, at: number): boolean => text.charAt(at).trim() === '';

const UNSPACED = /[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]{6}/u;

function hasWords(text: string, least: number): boolean {
  let count = 0;
  for (const word of text.split(/\s+/u, least * 4)) if (WORD.test(word)) count += 1;
  return count >= least || UNSPACED.test(text);
}
