/** Dots and dashes, as the letters that they stand for. */
const LETTERS: ReadonlyMap<string, string> = new Map(
  (
    'a.- b-... c-.-. d-.. e. f..-. g--. h.... i.. j.--- k-.- l.-.. m-- n-. o--- p.--. q--.- r.-. s... t- ' +
    'u..- v...- w.-- x-..- y-.-- z--.. 0----- 1.---- 2..--- 3...-- 4....- 5..... 6-.... 7--... 8---.. 9----.'
  )
    .split(' ')
    .map((entry) => [entry.slice(1), entry.slice(0, 1)]),
);

/** What hardly ten letters are without. It begins with the rarer sign, as this is asked of every text. */
export const mayHaveMorse = (text: string): boolean => text.includes('.-');

// Signs and gaps have no character in common, and both are bounded: no place is tried twice.
const RUN = /[.-]{1,6}(?:[ /|]{1,6}[.-]{1,6}){9,4000}/gu;
const GAP = /[ ]*[/|][ /|]*| {3,}/u;

export interface MorseRun {
  readonly text: string;
  readonly at: number;
  readonly chars: number;
}

/** Every run that spells at least ten letters; what is no letter of the code is left out. */
export function morseRuns(text: string, most: number): MorseRun[] {
  const runs: MorseRun[] = [];
  for (const { 0: run, index } of text.matchAll(RUN)) {
    if (runs.length >= most) break;
    const words = run.split(GAP).map((word) =>
      word
        .split(' ')
        .map((sign) => LETTERS.get(sign) ?? '')
        .join(''),
    );
    // A rule of dashes, or a row of dots, spells one letter over and over.
    const spelled = words.join(' ');
    if (new Set(spelled).size > 4) runs.push({ text: spelled, at: index, chars: run.length });
  }
  return runs;
}
