/**
 * Text with other forms of blanks, hyphens, digits and ASCII as the plain ones, character for character, so
 * that offsets stay: a card number is one with no-break blanks, as documents are typeset, and in wide digits.
 * What is left out or put in between (invisible characters) is not undone here.
 */
const FORMS = new Uint16Array(65_536);
for (let code = 0x21; code < 0x7f; code += 1) FORMS[0xfee0 + code] = code;
FORMS.fill(0x20, 0x2000, 0x200b);
for (const blank of '\u00a0\u202f\u205f\u3000') FORMS[blank.charCodeAt(0)] = 0x20;
for (const hyphen of '\u2010\u2011\ufe63') FORMS[hyphen.charCodeAt(0)] = 0x2d;
/** Digits of other scripts stand in tens, from their zero on. */
const DIGIT = /\p{Nd}/u;
for (let code = 0x80, count = 0; code < 0xd800; code += 1) {
  if (DIGIT.test(String.fromCharCode(code))) FORMS[code] = 0x30 + (count++ % 10);
  else count = 0;
}

/** Pieces of one call of `fromCharCode`. */
const CHUNK = 8_192;

/** The text itself where there is nothing to change, as nearly always. */
export function plainForms(text: string): string {
  // As many bytes as characters: all of it is ASCII. A pattern would take four times as long to say so.
  if (Buffer.byteLength(text) === text.length) return text;
  let index = 0;
  while (index < text.length && FORMS[text.charCodeAt(index)] === 0) index += 1;
  if (index === text.length) return text;
  const codes = new Uint16Array(text.length);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    codes[at] = FORMS[code] || code;
  }
  let plain = '';
  for (let at = 0; at < codes.length; at += CHUNK) {
    plain += String.fromCharCode(...codes.subarray(at, at + CHUNK));
  }
  return plain;
}
