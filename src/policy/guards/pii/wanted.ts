/** What a scan looks for: the recognisers of the wanted entities, sorted once. */
import { ADDRESS_RECOGNISERS } from './address.ts';
import { DOCUMENT_RECOGNISERS } from './documents.ts';
import type { EntityName } from './entities.ts';
import { NATIONAL_RECOGNISERS } from './national.ts';
import { NETWORK_RECOGNISERS } from './network.ts';
import { NUMBER_RECOGNISERS } from './numbers.ts';
import { PHONE_RECOGNISERS } from './phone.ts';
import { isDigit } from './places.ts';
import type { Recogniser } from './recogniser.ts';
import { VAT_RECOGNISERS } from './vat.ts';

/** In order of trust: where two say something of the same place, the first one is heard. */
const RECOGNISERS: readonly Recogniser[] = [
  ...NUMBER_RECOGNISERS,
  ...NATIONAL_RECOGNISERS,
  ...VAT_RECOGNISERS,
  ...NETWORK_RECOGNISERS,
  ...ADDRESS_RECOGNISERS,
  ...DOCUMENT_RECOGNISERS,
  ...PHONE_RECOGNISERS,
];

/** At each number of digits, the recognisers that so few can be enough for; by the digits in front. */
export type ByDigits = readonly (readonly Recogniser[])[][];

export const DIGITS_MAX = 15;
const LEAD_MAX = 4;

const byDigits = (recognisers: readonly Recogniser[]): ByDigits =>
  Array.from({ length: DIGITS_MAX + 1 }, (_, digits) =>
    Array.from({ length: LEAD_MAX + 1 }, (_, lead) =>
      recognisers.filter(
        ({ digitsMin, leadMin = 1 }) => digitsMin <= digits && Math.min(leadMin, LEAD_MAX) <= lead,
      ),
    ),
  );

/** The digits before anything else; where letters are first, as many as any value needs. */
export function leadAt(text: string, start: number): number {
  let lead = 0;
  while (lead < LEAD_MAX && isDigit(text.charCodeAt(start + lead))) lead += 1;
  return lead === 0 ? LEAD_MAX : lead;
}

/** What a scan is asked to look for, sorted once. */
export class Wanted {
  readonly entities: ReadonlySet<EntityName>;
  readonly digit: ByDigits;
  readonly letter: ByDigits;
  readonly phone: ByDigits;
  readonly dates: ByDigits;
  readonly hasDates: boolean;
  /** Exact values, in small letters, that are nobody's. */
  readonly allowed: ReadonlySet<string>;

  constructor(entities: readonly EntityName[], allow: readonly string[]) {
    this.entities = new Set(entities);
    const wanted = RECOGNISERS.filter(({ entity }) => this.entities.has(entity));
    this.digit = byDigits(wanted.filter(({ begins }) => begins !== 'letter'));
    this.letter = byDigits(wanted.filter(({ begins }) => begins !== 'digit'));
    this.phone = byDigits(wanted.filter(({ entity }) => entity === 'phone'));
    this.dates = byDigits(
      wanted.filter(({ entity }) => entity === 'date' || entity === 'date-of-birth'),
    );
    this.hasDates = this.entities.has('date') || this.entities.has('date-of-birth');
    this.allowed = new Set(allow.map((value) => value.toLowerCase()));
  }
}
