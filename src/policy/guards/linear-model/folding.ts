/**
 * What one character is read as: compatibility forms, case and accents folded, invisible ones gone.
 * Results are kept in tables of a fixed size, so that hostile text cannot make them grow.
 */

/** Values of `FOLDS` that are not a character. */
export const NOT_FOLDED = 0;
export const FOLDS_TO_NOTHING = 0xffff;
export const FOLDS_TO_MANY = 0xfffe;
/** Stands for every character above U+FFFF that has no form below: emoji, for the most part. */
export const ASTRAL = 0xe000;

export const SPACE = 0x20;

/** For every UTF-16 unit: what it folds to, filled when it is first seen. */
const FOLDS = new Uint16Array(65_536);
for (let code = 0; code < 128; code += 1) {
  // `system_prompt` is two words, to whoever names things so.
  const isSpace = code <= SPACE || code === 127 || code === 0x5f;
  FOLDS[code] = isSpace ? SPACE : String.fromCharCode(code).toLowerCase().charCodeAt(0);
}

const MANY = new Map<number, string>();
const EXPANSION_CHARS_MAX = 4;
const MANY_MAX = 4_096;

type Range = readonly [first: number, last: number];

/** Soft hyphen, joiners, direction marks, fillers: they are not seen, so they only hide. */
const INVISIBLE: readonly Range[] = [
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x202a, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff9, 0xfffb],
];
/** Accents, strokes and vowel points that are written over or under the letter before them. */
const COMBINING: readonly Range[] = [
  [0x300, 0x36f],
  [0x483, 0x489],
  [0x591, 0x5bd],
  [0x64b, 0x65f],
  [0x670, 0x670],
  [0x1ab0, 0x1aff],
  [0x1dc0, 0x1dff],
  [0x20d0, 0x20ff],
  [0xfe20, 0xfe2f],
];
const isWithin = (ranges: readonly Range[], code: number): boolean =>
  ranges.some(([first, last]) => code >= first && code <= last);

export const isCombining = (code: number): boolean => isWithin(COMBINING, code);

/** Latin, Greek and Cyrillic letters lose their accents; other scripts need their marks. */
const losesAccents = (code: number): boolean => code < 0x0530 || (code >= 0x1e00 && code < 0x2000);

function foldText(character: string, code: number): string {
  const form = losesAccents(code) ? 'NFKD' : 'NFKC';
  const letters = Array.from(character.normalize(form).toLowerCase().normalize(form));
  const folded = letters.filter((letter) => !isCombining(letter.charCodeAt(0))).join('');
  return folded.replaceAll(/\s+/gu, ' ').slice(0, EXPANSION_CHARS_MAX);
}

/** The unit that `code` folds to, or one of the constants above. */
export function foldOf(code: number): number {
  const known = FOLDS[code] ?? NOT_FOLDED;
  if (known !== NOT_FOLDED) return known;
  const character = String.fromCharCode(code);
  const isHidden = isWithin(INVISIBLE, code) || isWithin(COMBINING, code);
  const folded = isHidden ? '' : foldText(character, code);
  let value = folded.charCodeAt(0);
  if (folded.length === 0) value = FOLDS_TO_NOTHING;
  else if (folded.length > 1) {
    value = FOLDS_TO_MANY;
    MANY.set(code, folded);
  }
  FOLDS[code] = value;
  return value;
}

/** What a unit folds to that folds to several. */
export const foldsOf = (code: number): string => MANY.get(code) ?? '';

/** A character above U+FFFF: styled letters and digits become plain, the rest is one thing. */
export function foldAstral(codePoint: number): string {
  const known = MANY.get(codePoint);
  if (known !== undefined) return known;
  const folded = foldText(String.fromCodePoint(codePoint), codePoint);
  const isPlain = folded.length > 0 && (folded.codePointAt(0) ?? 0) < 0xd800;
  const value = isPlain ? folded : regionalLetter(codePoint);
  if (MANY.size < MANY_MAX) MANY.set(codePoint, value);
  return value;
}

/** Flags are written with two letters of their own; text can be, too. */
const regionalLetter = (codePoint: number): string =>
  codePoint >= 0x1f1e6 && codePoint <= 0x1f1ff
    ? String.fromCharCode(codePoint - 0x1f1e6 + 97)
    : String.fromCharCode(ASTRAL);

/** Letters of other scripts that are drawn as a Latin one, folded already. */
const LOOK_ALIKES: ReadonlyMap<number, number> = new Map(
  Object.entries({
    а: 'a',
    в: 'b',
    с: 'c',
    ԁ: 'd',
    е: 'e',
    һ: 'h',
    н: 'h',
    і: 'i',
    ј: 'j',
    к: 'k',
    ӏ: 'l',
    м: 'm',
    о: 'o',
    р: 'p',
    ԛ: 'q',
    г: 'r',
    ѕ: 's',
    т: 't',
    ц: 'u',
    ѵ: 'v',
    ԝ: 'w',
    х: 'x',
    у: 'y',
    ү: 'y',
    п: 'n',
    и: 'n',
    з: '3',
    б: 'b',
    ь: 'b',
    α: 'a',
    β: 'b',
    ϲ: 'c',
    δ: 'd',
    ε: 'e',
    η: 'n',
    ι: 'i',
    κ: 'k',
    μ: 'u',
    ν: 'v',
    ο: 'o',
    ρ: 'p',
    σ: 'o',
    τ: 't',
    υ: 'u',
    χ: 'x',
    γ: 'y',
    ω: 'w',
    ϳ: 'j',
    ζ: 'z',
    ѡ: 'w',
    ա: 'w',
    գ: 'q',
    հ: 'h',
    ո: 'n',
    ս: 'u',
    օ: 'o',
    ց: 'g',
    ք: 'p',
    ւ: 'l',
    յ: 'j',
    ѐ: 'e',
    ɑ: 'a',
    ɡ: 'g',
    ɩ: 'i',
    ı: 'i',
    ʏ: 'y',
    ɪ: 'i',
    ɴ: 'n',
    ʀ: 'r',
    ʟ: 'l',
    ʜ: 'h',
    ᴀ: 'a',
    ʙ: 'b',
    ᴄ: 'c',
    ᴅ: 'd',
    ᴇ: 'e',
    ꜰ: 'f',
    ɢ: 'g',
    ᴊ: 'j',
    ᴋ: 'k',
    ᴍ: 'm',
    ᴏ: 'o',
    ᴘ: 'p',
    ꜱ: 's',
    ᴛ: 't',
    ᴜ: 'u',
    ᴠ: 'v',
    ᴡ: 'w',
    ᴢ: 'z',
    ꞁ: 'l',
    ƽ: 's',
    ƅ: 'b',
    ɐ: 'a',
    ǝ: 'e',
    ɔ: 'c',
    ø: 'o',
    đ: 'd',
    ł: 'l',
    ħ: 'h',
    ŧ: 't',
    ꭰ: 'd',
    ꭱ: 'r',
    ꭲ: 't',
    ꭺ: 'a',
    ꭻ: 'j',
    ꭼ: 'e',
    ꮃ: 'w',
    ꮇ: 'm',
    ꮋ: 'h',
    ꮐ: 'g',
    ꮒ: 'h',
    ꮓ: 'z',
    ꮞ: '4',
    ꮟ: 'b',
    ꮢ: 'r',
    ꮤ: 'w',
    ꮥ: 's',
    ꮩ: 'v',
    ꮪ: 's',
    ꮮ: 'l',
    ꮯ: 'c',
    ꮲ: 'p',
    ꮶ: 'k',
    ꮷ: 'd',
  }).map(([from, to]) => [from.charCodeAt(0), to.charCodeAt(0)]),
);

/** A table for all units, because it is asked for every character that is not ASCII. */
const LATIN_LOOKS = new Uint16Array(65_536);
for (const [from, to] of LOOK_ALIKES) LATIN_LOOKS[from] = to;

/** The Latin letter that a letter of another script is drawn as; 0 where there is none. */
export const latinLookOf = (code: number): number => LATIN_LOOKS[code] ?? 0;
