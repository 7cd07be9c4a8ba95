/**
 * Where words begin in letters that have no spaces between them: of all ways to cut them into known
 * words, the one whose words are commonest. Linear: the longest word is a constant.
 */
import list from './word-list.json' with { type: 'json' };

/** Common words come first: a word's place says what it costs. */
const COSTS: ReadonlyMap<string, number> = new Map(
  list.words.split(' ').map((word, place) => [word, Math.log(place + 10)]),
);
const LONGEST_WORD = 16;
/** A letter that belongs to no known word. */
const UNKNOWN_COST = 7;
/** Letters in a row that belong to none are one word, which is strange only once. */
const UNKNOWN_MORE = 5;

export function splitWords(letters: string): string {
  const { length } = letters;
  const costs = new Float64Array(length + 1);
  const starts = new Uint16Array(length + 1);
  for (let end = 1; end <= length; end += 1) {
    const isMore = end > 1 && starts[end - 1] === end - 2;
    let best = (costs[end - 1] ?? 0) + (isMore ? UNKNOWN_MORE : UNKNOWN_COST);
    let from = end - 1;
    for (let start = Math.max(0, end - LONGEST_WORD); start < end; start += 1) {
      const known = COSTS.get(letters.slice(start, end));
      if (known === undefined || (costs[start] ?? 0) + known >= best) continue;
      best = (costs[start] ?? 0) + known;
      from = start;
    }
    costs[end] = best;
    starts[end] = from;
  }
  return join(letters, starts);
}

function join(letters: string, starts: Uint16Array): string {
  const words: string[] = [];
  // Where the strange letters end that are side by side; 0: what was read last is a word. They are cut out
  // once: looking up what grows by a letter each time would read all of it each time.
  let strangeEnd = 0;
  for (let end = letters.length; end > 0; end = starts[end] ?? 0) {
    const start = starts[end] ?? 0;
    const isStrange = end - start === 1 && !COSTS.has(letters.charAt(start));
    if (isStrange && strangeEnd === 0) strangeEnd = end;
    if (isStrange) continue;
    if (strangeEnd > 0) words.push(letters.slice(end, strangeEnd));
    strangeEnd = 0;
    words.push(letters.slice(start, end));
  }
  if (strangeEnd > 0) words.push(letters.slice(0, strangeEnd));
  return words.reverse().join(' ');
}
