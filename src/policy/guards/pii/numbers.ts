/** Numbers of money and of the United States: cards, accounts, social security, vehicles. */
import { compact, digitsOf, luhn, mod97, weighted } from './checksums.ts';
import { hasContext } from './context.ts';
import { type Place, type Recogniser, whole } from './recogniser.ts';

/** Issuer ranges: first digits, and the lengths that are given out. */
const ISSUERS: readonly (readonly [RegExp, readonly number[]])[] = [
  [/^4/u, [13, 16, 19]],
  [/^(?:5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720)/u, [16]],
  [/^3[47]/u, [15]],
  [/^(?:6011|64[4-9]|65|62)/u, [16, 17, 18, 19]],
  [/^35/u, [16, 17, 18, 19]],
  [/^(?:2131|1800)/u, [15]],
  [/^(?:30[0-5]|309|36|38|39)/u, [14, 16]],
  [/^220[0-4]/u, [16, 17, 18, 19]],
  // Maestro, and the national schemes beside it.
  [/^(?:50|5[6-8]|6304|6390|6759|676[1-3]|0604)/u, [12, 13, 14, 15, 16, 17, 18, 19]],
  [/^(?:60|65|81|82)/u, [16]],
];

function isCard(value: string): boolean {
  const digits = digitsOf(value);
  if (/^(?<one>\d)\k<one>+$/u.test(digits) || !luhn(digits)) return false;
  return ISSUERS.some(([range, lengths]) => lengths.includes(digits.length) && range.test(digits));
}

/** Letters of an IBAN, by country. */
const IBAN_CHARS: Readonly<Record<string, number>> = Object.fromEntries(
  `AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28 EE20 EG29
   ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20
   LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18 NO15 OM23 PK24 PL28 PS29
   PT25 QA29 RO24 RS22 SA24 SC31 SD18 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20`
    .split(/\s+/u)
    .map((entry) => [entry.slice(0, 2), Number(entry.slice(2))]),
);

const isIbanCountry = ({ text, start }: Place): boolean =>
  text.slice(start, start + 2).toUpperCase() in IBAN_CHARS;

/** The countries of a length have one shape, in one piece or in groups of four: so what follows an IBAN is not taken for its end. */
const IBAN_SOURCE = Map.groupBy(Object.entries(IBAN_CHARS), ([, chars]) => chars)
  .entries()
  .map(([chars, countries]) => {
    const names = countries.map(([country]) => country).join('|');
    const [groups, rest] = [Math.floor((chars - 4) / 4), chars % 4];
    const last = rest === 0 ? '' : `[ -][A-Z\\d]{${rest}}`;
    return `(?:${names})\\d{2}(?:[A-Z\\d]{${chars - 4}}|(?:[ -][A-Z\\d]{4}){${groups}}${last})`;
  })
  .toArray()
  .join('|');

function isIban(value: string): boolean {
  const iban = compact(value);
  return (
    IBAN_CHARS[iban.slice(0, 2)] === iban.length && mod97(iban.slice(4) + iban.slice(0, 4)) === 1
  );
}

/** Area, group and serial that were given out at some time. */
function isSocialSecurity(digits: string): boolean {
  const area = Number(digits.slice(0, 3));
  return (
    area !== 0 &&
    area !== 666 &&
    area < 900 &&
    digits.slice(3, 5) !== '00' &&
    digits.slice(5) !== '0000'
  );
}

function isTaxpayer(digits: string): boolean {
  const group = Number(digits.slice(3, 5));
  return digits.startsWith('9') && group >= 50 && group <= 99 && group !== 89 && group !== 93;
}

const hasSeparators = (value: string): boolean =>
  /^\d{3}(?<one>[- .])\d{2}\k<one>\d{4}$/u.test(value);

const VIN_WEIGHTS = [8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2];
const VIN_VALUES: Readonly<Record<string, number>> = Object.fromEntries(
  Array.from('ABCDEFGH')
    .map((letter, at) => [letter, at + 1] as const)
    .concat(
      Array.from('JKLMN').map((letter, at) => [letter, at + 1] as const),
      [['P', 7] as const, ['R', 9] as const],
      Array.from('STUVWXYZ').map((letter, at) => [letter, at + 2] as const),
    ),
);

function isVin(vin: string): boolean {
  if (!/[A-Z]/u.test(vin) || !/\d{3}$/u.test(vin)) return false;
  const sum = Array.from(vin).reduce(
    (total, letter, at) => total + (VIN_WEIGHTS[at] ?? 0) * (VIN_VALUES[letter] ?? Number(letter)),
    0,
  );
  return vin[8] === (sum % 11 === 10 ? 'X' : `${sum % 11}`);
}

const ROUTING_WEIGHTS = [3, 7, 1, 3, 7, 1, 3, 7, 1];

export const NUMBER_RECOGNISERS: readonly Recogniser[] = [
  // In groups of one separator: what follows a card (its month, its code) is not taken for a group.
  ...['4}(?<gap>[ -])\\d{4}\\k<gap>\\d{4}\\k<gap>\\d{4', '4}(?<gap>[ -])\\d{6}\\k<gap>\\d{4,5']
    .concat('4}(?<gap>[ -])\\d{4}\\k<gap>\\d{4}\\k<gap>\\d{4}\\k<gap>\\d{1,3', '12,19')
    .map((groups): Recogniser => ({
      entity: 'card',
      begins: 'digit',
      digitsMin: 12,
      leadMin: 4,
      shape: whole(`\\d{${groups}}`),
      accepts: isCard,
    })),
  {
    entity: 'iban',
    begins: 'letter',
    digitsMin: 2,
    may: isIbanCountry,
    shape: whole(IBAN_SOURCE, 'iuy'),
    accepts: isIban,
  },
  {
    entity: 'ssn',
    begins: 'digit',
    digitsMin: 9,
    leadMin: 3,
    shape: whole('\\d{3}[- .]?\\d{2}[- .]?\\d{4}'),
    accepts: (value, { text, start }) =>
      isSocialSecurity(digitsOf(value)) &&
      (hasSeparators(value) || (/^\d{9}$/u.test(value) && hasContext(text, start, 'ssn'))),
  },
  {
    entity: 'itin',
    begins: 'digit',
    digitsMin: 9,
    leadMin: 3,
    shape: whole('9\\d{2}[- ]?\\d{2}[- ]?\\d{4}'),
    accepts: (value, { text, start }) =>
      isTaxpayer(digitsOf(value)) && (hasSeparators(value) || hasContext(text, start, 'itin')),
  },
  {
    entity: 'routing-number',
    begins: 'digit',
    digitsMin: 9,
    leadMin: 3,
    shape: whole('\\d{9}'),
    accepts: (value, { text, start }) =>
      weighted(value, ROUTING_WEIGHTS) % 10 === 0 && hasContext(text, start, 'routing'),
  },
  {
    entity: 'vin',
    begins: 'either',
    digitsMin: 4,
    may: ({ text, start }) => /^[A-Z\d]{17}$/u.test(text.slice(start, start + 17)),
    shape: whole('[A-HJ-NPR-Z\\d]{17}'),
    accepts: isVin,
  },
];
