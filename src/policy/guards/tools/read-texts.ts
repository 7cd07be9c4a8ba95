/**
 * What the model has read, in two heaps: what people and operators wrote, and what came from
 * elsewhere. Made once a call, when the first tool call is judged; most calls never need it.
 */
import type { Passage, Position } from '#domain/passage.ts';

import { type CarriedValue, collapsed, squeezed } from './carried-values.ts';

/** Values may stand in a document that escapes its slashes. */
const folded = (text: string): string => text.replaceAll('\\/', '/').toLowerCase();

type Form = 'plain' | 'collapsed' | 'squeezed';
const FORMS: Readonly<Record<Form, (text: string) => string>> = {
  plain: folded,
  collapsed: (text) => collapsed(folded(text)),
  squeezed: (text) => squeezed(folded(text)),
};
const FORM_OF: Readonly<Record<CarriedValue['kind'], Form>> = {
  url: 'plain',
  host: 'plain',
  email: 'plain',
  path: 'plain',
  iban: 'squeezed',
  command: 'collapsed',
};

/** Parts of names: `le.com` is not in `google.com`, nor is `a.co` in `a.co.uk`. */
const NAME_PART = /[a-z0-9_-]/u;
const GOES_ON = /^\.?[a-z0-9_-]/u;

class Heap {
  readonly #texts: readonly string[];
  /** Whether `a.evil.example` says anything about `evil.example`: to accuse it does, to vouch not. */
  readonly #isLenient: boolean;
  readonly #forms = new Map<Form, string>();

  constructor(texts: readonly string[], isLenient: boolean) {
    this.#texts = texts;
    this.#isLenient = isLenient;
  }

  has({ kind, needles }: CarriedValue): boolean {
    const hay = this.#form(FORM_OF[kind]);
    if (kind === 'iban') return needles.some((needle) => hay.includes(needle));
    return needles.some((needle) => contains(hay, needle, this.#isLenient));
  }

  get chars(): number {
    return this.#texts.reduce((sum, text) => sum + text.length, 0);
  }

  #form(form: Form): string {
    let text = this.#forms.get(form);
    if (text === undefined) {
      text = this.#texts.map(FORMS[form]).join('\n');
      this.#forms.set(form, text);
    }
    return text;
  }
}

function contains(hay: string, needle: string, isLenient: boolean): boolean {
  for (let at = hay.indexOf(needle); at !== -1; at = hay.indexOf(needle, at + 1)) {
    const before = at === 0 ? '' : hay.charAt(at - 1);
    const after = hay.slice(at + needle.length, at + needle.length + 2);
    const isInName = NAME_PART.test(before) && NAME_PART.test(needle.charAt(0));
    const isBelow = before === '.' && !isLenient;
    if (!isInName && !isBelow && !GOES_ON.test(after)) return true;
  }
  return false;
}

export class ReadTexts {
  readonly #vouched: Heap;
  readonly #foreign: Heap;

  constructor(request: readonly Passage[], foreign: ReadonlySet<Position>) {
    this.#vouched = new Heap(
      request
        .filter(({ trust }) => trust === 'operator' || trust === 'user')
        .map(({ text }) => text),
      false,
    );
    this.#foreign = new Heap(
      request.filter(({ position }) => foreign.has(position)).map(({ text }) => text),
      true,
    );
  }

  get chars(): number {
    return this.#vouched.chars + this.#foreign.chars;
  }

  /** It came from elsewhere, and nobody who may say so has said it. */
  isTainted(value: CarriedValue): boolean {
    return this.#foreign.has(value) && !this.#vouched.has(value);
  }
}
