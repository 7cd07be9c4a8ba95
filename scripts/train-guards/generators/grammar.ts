/**
 * A grammar of texts: `[a|b]` is one of two, `{name}` is one entry of a bank. Generators say how texts
 * are made; no text is kept in the repository.
 */
import { below, chance, pick, type Random } from '../random.ts';

export type Bank = Readonly<Record<string, readonly string[]>>;

const DEPTH_MAX = 12;

/** One text of a template. */
export function expand(random: Random, template: string, bank: Bank, depth: number = 0): string {
  if (depth > DEPTH_MAX) throw new Error(`a template that does not end: ${template.slice(0, 60)}`);
  const once = template
    .replaceAll(/\[([^[\]]*\|[^[\]]*)\]/gu, (_whole, options: string) =>
      pick(random, options.split('|')),
    )
    .replaceAll(/\{(\w+)\}/gu, (whole, name: string) => {
      const entries = bank[name];
      return entries === undefined ? whole : pick(random, entries);
    });
  return once === template ? once : expand(random, once, bank, depth + 1);
}

/** Sentences that differ in their case, ends and spaces, as people's do. */
export function styled(random: Random, text: string): string {
  const style = below(random, 12);
  if (style === 0) return text.toUpperCase();
  if (style === 1) return text.toLowerCase();
  if (style === 2) return text.replaceAll(/[.!]$/gu, '');
  if (style === 3) return `${text}!!!`;
  if (style === 4) return text.replaceAll(/[,.]/gu, '');
  return text;
}

const KEYS_NEAR: Readonly<Record<string, string>> = {
  a: 's',
  e: 'r',
  i: 'o',
  o: 'p',
  n: 'm',
  t: 'r',
  s: 'd',
  r: 't',
  l: 'k',
  u: 'y',
};

/** A few slips of the keyboard: letters swapped, dropped, doubled or missed. */
export function misspelt(random: Random, text: string, share: number): string {
  let out = '';
  for (let index = 0; index < text.length; index += 1) {
    const letter = text.charAt(index);
    if (!/[a-z]/u.test(letter) || !chance(random, share)) {
      out += letter;
      continue;
    }
    const slip = below(random, 4);
    if (slip === 0) out += letter + letter;
    else if (slip === 1) out += KEYS_NEAR[letter] ?? letter;
    else if (slip === 2 && index + 1 < text.length) {
      out += text.charAt(index + 1) + letter;
      index += 1;
    }
  }
  return out;
}

/** Some of the parts, in their order or not, joined as paragraphs or sentences. */
export function some<T>(random: Random, parts: readonly T[], least: number, most: number): T[] {
  const count = Math.min(parts.length, least + below(random, most - least + 1));
  const rest = [...parts];
  const out: T[] = [];
  while (out.length < count) out.push(...rest.splice(below(random, rest.length), 1));
  return out;
}

/** All that the options of a template can become; slots stay slots. */
export function alternatives(template: string): string[] {
  const options = /\[(?<inner>[^[\]]*\|[^[\]]*)\]/u.exec(template);
  if (options === null) return [template];
  const [whole, inner = ''] = options;
  return inner.split('|').flatMap((one) => alternatives(template.replace(whole, () => one)));
}
