/**
 * Signatures: classes of words in an order, near each other. Each belongs to a family, which names
 * the finding. A signature is evidence and no verdict: the model weighs it with everything else.
 *
 * At each classed word the signatures that end with its class are tried, over the few classed words
 * just before it: the work a character is bounded, whatever the text is.
 */
import { assert } from '#stdx/assert.ts';

import type { FeaturePass } from '../linear-model/feature-pass.ts';
import { classId } from '../linear-model/lexicon.ts';

/** The order is part of the trained weights. */
export const families = [
  'instruction-override',
  'prompt-extraction',
  'jailbreak-persona',
  'safety-bypass',
  'agent-hijack',
  'exfiltration',
  'concealment',
  'context-forgery',
] as const;
export type Family = (typeof families)[number];

const SIGNATURES: Readonly<Record<Family, readonly string[]>> = {
  'instruction-override': [
    'override prior instruction',
    'override everything instruction',
    'override everything prior',
    'override prior prompt',
    'override you instruction',
    'override hidden instruction',
    'override hidden prompt',
    'override you prior',
    'override prior respond',
    'override prior task',
    'override everything you',
    'negation respond prior instruction',
    'negation prior instruction',
    'prior instruction override',
    'instruction override new',
    'override instruction new',
    'new task respond',
    'boundary prior instruction',
    'override prior new',
  ],
  'prompt-extraction': [
    'reveal hidden prompt',
    'reveal hidden instruction',
    'reveal prior instruction',
    'reveal you instruction',
    'reveal you prompt',
    'reveal you hidden',
    'reveal prompt instruction',
    'reveal everything prior',
    'reveal prior prompt',
    'respond hidden prompt',
    'respond you instruction',
    'respond hidden instruction',
    'encoding you instruction',
    'encoding hidden prompt',
    'you prior instruction',
    'you hidden prompt',
    'you hidden instruction',
    'reveal everything instruction',
    'reveal prior everything',
  ],
  'jailbreak-persona': [
    'you new unrestricted',
    'persona unrestricted',
    'you persona unrestricted',
    'persona assistant unrestricted',
    'unrestricted mode',
    'mode mode you',
    'persona negation ethics',
    'you unrestricted assistant',
    'assistant negation ethics',
    'persona assistant negation',
    'unrestricted assistant',
    'mode mode respond',
    'new persona negation',
    'respond persona unrestricted',
    'fiction assistant negation',
  ],
  'safety-bypass': [
    'override ethics',
    'negation ethics ethics',
    'negation refuse',
    'negation respond ethics',
    'unrestricted respond',
    'override you ethics',
    'override everything ethics',
    'negation ethics respond',
    'you negation refuse',
    'negation you ethics',
    'fiction negation ethics',
    'negation everything ethics',
    'negation unrestricted ethics',
  ],
  'agent-hijack': [
    'assistant must send',
    'assistant must operate',
    'assistant polite operate',
    'assistant polite send',
    'instruction assistant operate',
    'override user task',
    'override prior operate',
    'override prior send',
    'prior task operate',
    'new instruction operate',
    'new instruction send',
    'must operate prior',
    'task assistant operate',
    'user must operate',
    'prior respond operate',
    'assistant operate valuable',
  ],
  exfiltration: [
    'send valuable address',
    'reveal valuable address',
    'operate valuable send',
    'valuable send address',
    'send prompt address',
    'operate valuable address',
    'send everything valuable',
    'send user valuable',
    'send valuable operate',
  ],
  concealment: [
    'negation conceal user',
    'negation respond user',
    'conceal user',
    'negation reveal user',
    'negation conceal task',
    'conceal negation user',
    'negation user conceal',
  ],
  'context-forgery': [
    'marker',
    'boundary prompt',
    'boundary hidden prompt',
    'boundary user prompt',
    'boundary prompt boundary',
    'boundary instruction new',
    'boundary user task',
    'boundary task new',
  ],
};

/** How far apart two words of a signature may stand. */
const GAP_CHARS_MAX = 48;
const EVENTS_BACK_MAX = 8;
const WORDS_MAX = 4;
/** From the first of them to the last. */
const REACH_CHARS = GAP_CHARS_MAX * (WORDS_MAX - 1);

interface Signature {
  readonly family: number;
  /** From the last class to the first. */
  readonly backwards: readonly number[];
  /** A bit for each class before the last, in two halves: without all of them near, it is not there. */
  readonly low: number;
  readonly high: number;
}

/** Classes are fewer than 64: those below 32 have a bit in one number, the others in another. */
const lowBit = (id: number): number => (id < 32 ? 1 << id : 0);
const highBit = (id: number): number => (id < 32 ? 0 : 1 << (id - 32));

const byLast: Signature[][] = [];
for (const [family, name] of families.entries()) {
  for (const signature of SIGNATURES[name]) {
    const backwards = signature.split(' ').map(classId).reverse();
    const [last = 0, ...before] = backwards;
    assert(before.length < WORDS_MAX, 'a signature has no more words than are looked for');
    (byLast[last] ??= []).push({
      family,
      backwards,
      low: before.reduce((bits, id) => bits | lowBit(id), 0),
      high: before.reduce((bits, id) => bits | highBit(id), 0),
    });
  }
}

export const SIGNATURE_COUNT = Object.values(SIGNATURES).flat().length;

export type Events = Pick<FeaturePass, 'eventClasses' | 'eventPlaces' | 'eventCount'>;

/** Calls `found` for each family that a signature shows, with the place among the events of its first word. */
export function matchSignatures(
  events: Events,
  found: (family: number, first: number) => void,
): void {
  const { eventClasses, eventPlaces, eventCount } = events;
  for (let at = 0; at < eventCount; at += 1) {
    const signatures = byLast[eventClasses[at] ?? 0];
    if (signatures === undefined) continue;
    const earliest = Math.max(0, at - EVENTS_BACK_MAX);
    const reach = (eventPlaces[at] ?? 0) - REACH_CHARS;
    let low = 0;
    let high = 0;
    for (let near = at - 1; near >= earliest && (eventPlaces[near] ?? 0) >= reach; near -= 1) {
      const id = eventClasses[near] ?? 0;
      low |= lowBit(id);
      high |= highBit(id);
    }
    for (const signature of signatures) {
      if ((signature.low & ~low) !== 0 || (signature.high & ~high) !== 0) continue;
      const first = matchAt(events, at, signature.backwards);
      if (first !== NO_MATCH) found(signature.family, first);
    }
  }
}

const NO_MATCH = -1;

function matchAt(events: Events, last: number, backwards: readonly number[]): number {
  const earliest = Math.max(0, last - EVENTS_BACK_MAX);
  let place = events.eventPlaces[last] ?? 0;
  let first = last;
  let wanted = 1;
  for (let at = last - 1; at >= earliest && wanted < backwards.length; at -= 1) {
    const here = events.eventPlaces[at] ?? 0;
    if (place - here > GAP_CHARS_MAX) return NO_MATCH;
    if (events.eventClasses[at] !== backwards[wanted]) continue;
    place = here;
    first = at;
    wanted += 1;
  }
  return wanted === backwards.length ? first : NO_MATCH;
}

const COMMANDING = new Set(['polite', 'must', 'new', 'assistant'].map(classId));
const SENTENCE_ENDS = new Set(Array.from('.!?;:"\'`*>])}|。！？：', (end) => end.charCodeAt(0)));
const COMMANDING_CHARS_MAX = 12;

/**
 * Whether a signature that begins at an event reads as an order: its first word begins the text or a
 * sentence, or stands behind a `please` or a `now`. `How do I ignore …?` does not.
 */
export function isCommand(events: Events, first: number, codes: Uint16Array): boolean {
  const place = events.eventPlaces[first] ?? 0;
  const isSpace = codes[place - 1] === 0x20;
  const before = codes[place - (isSpace ? 2 : 1)];
  if (place < 2 || before === undefined || SENTENCE_ENDS.has(before)) return true;
  const near = place - (events.eventPlaces[first - 1] ?? 0) <= COMMANDING_CHARS_MAX;
  return first > 0 && near && COMMANDING.has(events.eventClasses[first - 1] ?? 0);
}
