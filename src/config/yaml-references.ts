/**
 * `{ apiKey: ${env:KEY} }` is not YAML: braces end a plain value inside `{ }`. So the characters of
 * a reference that YAML would read are replaced, one for one, by characters that nobody types, and
 * put back in each value after parsing. Offsets stay what they were.
 */
const HIDDEN = Array.from('{}[],:#&*!|>\'"%@`');
const FIRST = 0xe000;

const REFERENCE = /\$\{[^}\n]{0,512}\}/gu;

const hiddenOf = new Map(HIDDEN.map((char, index) => [char, String.fromCharCode(FIRST + index)]));
const shownOf = new Map([...hiddenOf].map(([char, hidden]) => [hidden, char]));
const HIDDEN_CHARS = new RegExp(`[${[...shownOf.keys()].join('')}]`, 'u');

/** Whether a file already has such characters; it is refused, because they would become others. */
export const hasHiddenCharacters = (text: string): boolean => HIDDEN_CHARS.test(text);

export const hideReferences = (text: string): string =>
  text.replaceAll(REFERENCE, (reference) =>
    Array.from(reference, (char) => hiddenOf.get(char) ?? char).join(''),
  );

export const showReferences = (text: string): string =>
  HIDDEN_CHARS.test(text) ? Array.from(text, (char) => shownOf.get(char) ?? char).join('') : text;
