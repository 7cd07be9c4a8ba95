/**
 * Text that was somebody else's, made harmless for lines and fields: no character in it moves a
 * cursor, ends a line, turns the direction of writing, or cannot be seen. Callers choose some of what
 * stands in a record (end users, names); what they choose must not read as another record.
 */

/** Unicode 17: controls, format characters (bidi, zero width, tags), line and paragraph ends, halves. */
const HIDDEN = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

/** One line of JSON; hidden characters are escaped, so that a parser gives the same value back. */
export function inertJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(HIDDEN, (found) => {
    let escaped = '';
    for (let at = 0; at < found.length; at += 1) {
      escaped += `\\u${found.charCodeAt(at).toString(16).padStart(4, '0')}`;
    }
    return escaped;
  });
}

/** Hidden characters as their names: `<U+000A>`. At most `charsMax` characters of the text are kept. */
export function inertText(text: string, charsMax = 1_024): string {
  const kept = text.length > charsMax ? `${text.slice(0, charsMax)}…` : text;
  return kept.replaceAll(HIDDEN, nameOf);
}

/** The same where also these characters have a meaning. */
export const inertWithout = (text: string, taken: RegExp, charsMax?: number): string =>
  inertText(text, charsMax).replaceAll(taken, nameOf);

const nameOf = (found: string): string =>
  `<U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}>`;
