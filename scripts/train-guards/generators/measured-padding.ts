/**
 * Attacks in the midst of long harmless texts, which nothing is trained on: whoever hides an order among
 * pages of something else must not pass for it. Order and pages are of sources that are held out together.
 */
import { type Random, pick } from '../random.ts';

export interface Padding {
  readonly attacks: readonly string[];
  readonly pages: readonly string[];
  /** How much harmless text, in characters. */
  readonly chars: number;
}

/** Each attack once, with half of the harmless text before it. */
export function padded(random: Random, { attacks, pages, chars }: Padding): string[] {
  return attacks.map((attack) => {
    const around: string[] = [];
    for (let length = 0; length < chars; length += (around.at(-1)?.length ?? 0) + 2) {
      around.push(pick(random, pages).slice(0, chars - length));
    }
    const half = Math.ceil(around.length / 2);
    return [...around.slice(0, half), attack, ...around.slice(half)].join('\n\n');
  });
}
