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
  for (let end = letters.length; end > 0; end = starts[end] ?? 0) {
    const word = letters.slice(starts[end] ?? 0, end);
    const after = words.at(-1);
    const isStrange = word.length === 1 && !COSTS.has(word);
    // Strange letters side by side are one word.
    if (isStrange && after !== undefined && !COSTS.has(after))
      words[words.length - 1] = word + after;
    else words.push(word);
  }
  return words.reverse().join(' ');
}
