/** The languages that there are, and which one is spoken: a new one is a file and a line here. */
import { type Catalogue, speak } from './message.ts';

interface Language {
  /** In itself, as people look for it. */
  readonly name: string;
  /** Null: sentences are written in it. */
  readonly load: (() => Promise<{ readonly default: Catalogue }>) | null;
}

export const LANGUAGES: Readonly<Record<string, Language>> = {
  en: { name: 'English', load: null },
  de: { name: 'Deutsch', load: () => import('../../messages/de.json') },
};

const PLACE = 'llmproxy-language';

/** The one that was chosen in this browser, or the first that the browser asks for and that there is. */
export function languageOf(chosen: string | null, asked: readonly string[]): string {
  const there = [chosen ?? '', ...asked.map((one) => one.split('-')[0] ?? '')];
  return there.find((one) => Object.hasOwn(LANGUAGES, one)) ?? 'en';
}

/** A browser that keeps nothing for pages speaks as it asks. */
function chosenBefore(): string | null {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null;
  }
}

export function choose(language: string): void {
  try {
    localStorage.setItem(PLACE, language);
  } catch {
    // It is spoken until the page is left.
  }
}

/** Speaks the language of whoever opens the page, and says which. One that cannot be loaded leaves English. */
export async function begin(): Promise<string> {
  const language = languageOf(chosenBefore(), navigator.languages);
  const loaded = await LANGUAGES[language]?.load?.().catch(() => null);
  if (loaded === undefined || loaded === null) return 'en';
  speak(language, loaded.default);
  return language;
}
