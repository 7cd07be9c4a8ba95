/**
 * What the last user text may ask of the demo provider: words of the form `demo:name` or
 * `demo:name=value`. Unknown ones stay text. Every number has a bound, so that a demo gateway cannot
 * be kept busy.
 */

/** Listed in the README and in docs; the demo's test keeps the table and the code equal. */
export const DEMO_DIRECTIVES = {
  status: 'Answers with this error status: 400, 401, 429, 500 or 503.',
  slow: 'Waits so many milliseconds before the first byte; at most 60000.',
  pace: 'Waits so many milliseconds between two words; at most 10000.',
  cut: 'Stops in the middle, without an end.',
  error: 'Reports an error in the middle of a stream; a whole reply is a 500.',
  say: 'Says exactly this percent-encoded text.',
  think: 'Shows a thought first.',
  long: 'Says so many words; at most 100000.',
  'no-usage': 'Leaves the token counts out; zeros where the dialect must have them.',
} as const;

/** What the demo does without a directive. */
export const DEMO_BEHAVIOUR = {
  echo: 'Says "You said: …" and the last user text, word by word.',
  tools:
    "`use tool NAME with TEXT`, `use tools A and B`, or a word of a tool's name: calls the tool with arguments that fit its schema.",
  results: 'After the result of a tool: says what the tool returned.',
  schema: 'Where a JSON schema is asked for: says a document that fits it.',
  embeddings: 'Unit vectors made of the words of a text; equal texts have equal vectors.',
} as const;

const STATUSES: ReadonlySet<number> = new Set([400, 401, 429, 500, 503]);
const SLOW_MS_MAX = 60_000;
const PACE_MS_MAX = 10_000;
const LONG_WORDS_MAX = 100_000;
/** A text of directives only: the rest of a longer one is plain text. */
const DIRECTIVES_MAX = 16;

export interface Directives {
  readonly status: number | null;
  readonly slowMs: number;
  readonly paceMs: number;
  readonly isCut: boolean;
  readonly isError: boolean;
  readonly say: string | null;
  readonly thinks: boolean;
  readonly longWords: number | null;
  readonly hidesUsage: boolean;
  /** The text without its directives. */
  readonly rest: string;
}

const DIRECTIVE = /(?<=^|\s)demo:(?<name>[a-z-]{1,16})(?:=(?<value>[^\s]*))?(?=\s|$)/gu;

export function readDirectives(text: string): Directives {
  const found = new Map<string, string>();
  const rest = text.replace(DIRECTIVE, (whole, name: string, value: string | undefined) => {
    if (!Object.hasOwn(DEMO_DIRECTIVES, name) || found.size >= DIRECTIVES_MAX) return whole;
    found.set(name, value ?? '');
    return '';
  });
  const status = numberOf(found.get('status'), 599);
  const say = found.get('say');
  return {
    status: status !== null && STATUSES.has(status) ? status : null,
    slowMs: numberOf(found.get('slow'), SLOW_MS_MAX) ?? 0,
    paceMs: numberOf(found.get('pace'), PACE_MS_MAX) ?? 0,
    isCut: found.has('cut'),
    isError: found.has('error'),
    say: say === undefined ? null : decoded(say),
    thinks: found.has('think'),
    longWords: numberOf(found.get('long'), LONG_WORDS_MAX),
    hidesUsage: found.has('no-usage'),
    rest: found.size === 0 ? text : rest.replaceAll(/ {2,}/gu, ' ').trim(),
  };
}

function numberOf(text: string | undefined, max: number): number | null {
  if (text === undefined || !/^[0-9]{1,9}$/u.test(text)) return null;
  return Math.min(Number(text), max);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // A lone `%` is not an encoding; it is said as it stands.
    return text;
  }
}
