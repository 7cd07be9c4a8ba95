/**
 * Every sentence of the dashboard, in the language of whoever reads it. A sentence is its own key, in
 * English, so that pages read as they look; a language is a file of `web/messages` that has a sentence
 * for each. What a file lacks stays English. Names, ids and what the gateway itself answers are no
 * sentences of ours and are shown as they come.
 */
export type Values = Readonly<Record<string, string | number>>;
export type Catalogue = Readonly<Record<string, string>>;

let catalogue: Catalogue = {};
let language = 'en';

/** Once, before any page is loaded: some read their sentences when they are. */
export function speak(next: string, sentences: Catalogue): void {
  language = next;
  catalogue = sentences;
}

export const spoken = (): string => language;

/** For numbers, times and lists; a browser set to a region of the language knows better. */
export const locale = (): string =>
  navigator.languages.find((one) => one === language || one.startsWith(`${language}-`)) ?? language;

/** `{name}` is the place of a value; braces of a sentence itself are written twice. */
export const PLACE = /\{\{|\}\}|\{(\w+)\}/gu;

export const sentenceOf = (message: string): string => {
  const own = Object.hasOwn(catalogue, message) ? catalogue[message] : undefined;
  return own === undefined || own === '' ? message : own;
};

/** `message`: a literal, as the test of the catalogue collects them from the source. */
export function t(message: string, values: Values = {}): string {
  return sentenceOf(message).replace(PLACE, (place, name: string | undefined) =>
    name === undefined ? place.slice(1) : String(values[name] ?? place),
  );
}
