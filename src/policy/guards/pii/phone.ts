/**
 * Telephone numbers. libphonenumber knows what is valid in a country, and takes tens of microseconds
 * to say so; so it is asked only for what already looks like one.
 */
import { type CountryCode, parsePhoneNumberFromString } from 'libphonenumber-js/min';

import { digitsOf } from './checksums.ts';
import { hasContext } from './context.ts';
import { LETTERS, type Place, type Recogniser } from './recogniser.ts';

/** Where a number without a country may be from: most that are written down are from here. */
const COUNTRIES: readonly CountryCode[] = [
  'GB',
  'DE',
  'FR',
  'IT',
  'ES',
  'NL',
  'BE',
  'AT',
  'CH',
  'SE',
  'AU',
];

const EXTENSION = '(?:[ ]?(?:x|ext\\.?|extension)[ ]?\\d{1,6})?';
const END = `(?![${LETTERS}\\d_@])(?![-./]\\d)`;
const shapeOf = (source: string): RegExp => new RegExp(`(?:${source})${EXTENSION}${END}`, 'iuy');

/** A country and a number: its length alone is asked for, as new ranges are opened every year. */
function isInternational(value: string): boolean {
  const number = digitsOf(value.replace(/(?:x|ext).*$/iu, ''));
  const plain = value.startsWith('+') ? number : number.replace(/^(?:011|00)/u, '');
  if (plain.length < 8 || plain.length > 15) return false;
  return parsePhoneNumberFromString(`+${plain}`, { extract: false })?.isPossible() ?? false;
}

const isPossibleIn = (number: string, country: CountryCode): boolean =>
  parsePhoneNumberFromString(number, { defaultCountry: country, extract: false })?.isPossible() ??
  false;

/**
 * With the zero that dials out of a town, and in groups: of a length that some country has. Ranges
 * are not asked for: those for films and tests are in none.
 */
const isNational = (value: string): boolean => {
  const digits = digitsOf(value);
  const isDated = /^\(?\d{1,2}[-/.]\d{1,2}[-/.]\d{2,4}/u.test(value);
  return (
    digits.length >= 9 && !isDated && COUNTRIES.some((country) => isPossibleIn(digits, country))
  );
};

/** North America writes ten digits in these groups and in no other. */
const AMERICAN =
  '(?:1[-. ])?(?:\\(\\d{3}\\)[ -]?\\d{3}[-. ]\\d{4}|\\d{3}(?<gap>[-.])\\d{3}\\k<gap>\\d{4})';

/** Digits in front, with one space between: the middle of a longer row of numbers. */
const isInRow = ({ text, start }: Place): boolean =>
  /\d[ ]$/u.test(text.slice(Math.max(0, start - 2), start));

const CALL_CHARS = 40;
const isCalled = ({ text, start }: Place): boolean => hasContext(text, start, 'phone', CALL_CHARS);

export const PHONE_RECOGNISERS: readonly Recogniser[] = [
  {
    entity: 'phone',
    begins: 'digit',
    digitsMin: 7,
    shape: shapeOf('\\+[ ]?\\d{1,3}(?:[ .\\-/]{0,2}\\(?\\d{1,5}\\)?){1,7}'),
    accepts: isInternational,
  },
  {
    entity: 'phone',
    begins: 'digit',
    digitsMin: 7,
    shape: shapeOf('(?:00|011[- ])[ ]?[1-9]\\d{0,2}(?:[ .\\-/]{0,2}\\(?\\d{1,5}\\)?){2,7}'),
    accepts: (value, place) =>
      (/[ .\-/(]/u.test(value.trim()) || isCalled(place)) && isInternational(value),
  },
  {
    entity: 'phone',
    begins: 'digit',
    digitsMin: 10,
    shape: shapeOf(AMERICAN),
    accepts: () => true,
  },
  {
    entity: 'phone',
    begins: 'digit',
    digitsMin: 7,
    shape: shapeOf('\\(?0[1-9]\\d{0,4}\\)?(?:[ .\\-/]{1,2}\\d{2,8}){1,5}'),
    accepts: (value, place) => !isInRow(place) && (isCalled(place) || isNational(value)),
  },
  {
    // Groups as they come, with a word beside them.
    entity: 'phone',
    begins: 'digit',
    digitsMin: 7,
    shape: shapeOf('\\(?\\d{1,5}\\)?(?:[ .\\-/]{0,2}\\d{2,8}){1,5}'),
    accepts: (value, place) => {
      const { length } = digitsOf(value.replace(/(?:x|ext).*$/iu, ''));
      const isDate = /^(?:\d{1,2}[-/.]\d{1,2}[-/.]\d{4}|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})$/u.test(
        value,
      );
      return length >= 7 && length <= 15 && !isDate && isCalled(place);
    },
  },
];
