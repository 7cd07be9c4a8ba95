/** The checks of national identity and tax numbers: digits, dates and control letters by country. */
import { compact, digitsOf, isDay, luhn, mod11, mod11ten, weighted } from './checksums.ts';

const CONTROL = 'TRWAGMYFPDXBNJZSQVHLCKE';
const controlOf = (digits: string): string => CONTROL.charAt(Number(digits) % 23);

/** Spain: DNI, and NIE whose first letter stands for a digit. */
export function isSpanish(value: string): boolean {
  const id = compact(value);
  const digits = id.slice(0, -1).replace(/^[XYZ]/u, (letter) => `${'XYZ'.indexOf(letter)}`);
  return controlOf(digits) === id.at(-1);
}

const ITALIAN_ODD = [
  1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23,
];

/** Italy: the sixteenth character of a codice fiscale. */
export function isItalian(value: string): boolean {
  const code = value.toUpperCase();
  let sum = 0;
  for (let at = 0; at < 15; at += 1) {
    const character = code.charCodeAt(at);
    const place = character < 58 ? character - 48 : character - 65;
    sum += at % 2 === 0 ? (ITALIAN_ODD[place] ?? 0) : place;
  }
  return String.fromCharCode(65 + (sum % 26)) === code[15];
}

/** France: 97 less the rest of the first thirteen; Corsica's letters stand for numbers. */
export function isFrench(value: string): boolean {
  const id = compact(value);
  const month = Number(id.slice(3, 5));
  const number = id.slice(0, 13).replace('2A', '19').replace('2B', '18');
  return (
    ((month >= 1 && month <= 12) || month >= 20) &&
    /^\d{13}$/u.test(number) &&
    97 - (Number(number) % 97) === Number(id.slice(13))
  );
}

/** Germany's tax number: no zero in front, one digit two or three times, mod 11,10. */
export function isGerman(value: string): boolean {
  const digits = digitsOf(value);
  const counts = Map.groupBy(digits.slice(0, 10), (one) => one);
  const repeated = counts
    .values()
    .filter((same) => same.length > 1)
    .toArray();
  const isSpread = repeated.length === 1 && (repeated[0]?.length ?? 0) <= 3;
  return digits[0] !== '0' && isSpread && mod11ten(digits);
}

export function isBelgian(value: string): boolean {
  const digits = digitsOf(value);
  const check = Number(digits.slice(9));
  const first = digits.slice(0, 9);
  const month = Number(digits.slice(2, 4)) % 20;
  const isChecked = [first, `2${first}`].some((number) => 97 - (Number(number) % 97) === check);
  return month <= 12 && Number(digits.slice(4, 6)) <= 31 && isChecked;
}

export function isPolish(digits: string): boolean {
  const check = (10 - (weighted(digits, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10;
  const isBorn = isDay(Number(digits.slice(4, 6)), Number(digits.slice(2, 4)) % 20);
  return isBorn && check === Number(digits[10]);
}

export function isSwedish(value: string): boolean {
  const digits = digitsOf(value).slice(-10);
  const day = Number(digits.slice(4, 6));
  return isDay(day > 60 ? day - 60 : day, Number(digits.slice(2, 4))) && luhn(digits);
}

export function isFinnish(value: string): boolean {
  const digits = value.slice(0, 6) + value.slice(7, 10);
  return (
    isDay(Number(digits.slice(0, 2)), Number(digits.slice(2, 4))) &&
    '0123456789ABCDEFHJKLMNPRSTUVWXY'.charAt(Number(digits) % 31) === value[10]?.toUpperCase()
  );
}

export const isDanish = (value: string): boolean =>
  isDay(Number(value.slice(0, 2)), Number(value.slice(2, 4)));

export function isNorwegian(value: string): boolean {
  const digits = digitsOf(value);
  return (
    isDay(Number(digits.slice(0, 2)) % 40, Number(digits.slice(2, 4)) % 40) &&
    mod11(digits, [3, 7, 6, 1, 8, 9, 4, 5, 2]) &&
    mod11(digits, [5, 4, 3, 2, 7, 6, 5, 4, 3, 2])
  );
}

export const isDutch = (digits: string): boolean =>
  weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2, -1]) % 11 === 0 && !/^0{3}/u.test(digits);

export const isPortuguese = (value: string): boolean => {
  const digits = digitsOf(value);
  const rest = weighted(digits, [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
  return /^[1235689]/u.test(digits) && (rest < 2 ? 0 : 11 - rest) === Number(digits[8]);
};

/** Ireland: seven digits, a letter, and since 2013 one more that counts nine times. */
export function isIrish(value: string): boolean {
  const second = value[8] === undefined ? 0 : value.charCodeAt(8) - 64;
  const sum = weighted(value, [8, 7, 6, 5, 4, 3, 2]) + second * 9;
  return 'WABCDEFGHIJKLMNOPQRSTUV'.charAt(sum % 23) === value[7];
}

export function isAustrian(value: string): boolean {
  const digits = digitsOf(value);
  const sum =
    weighted(digits.slice(0, 3), [3, 7, 9]) + weighted(digits.slice(4), [5, 8, 4, 2, 1, 6]);
  return (
    sum % 11 === Number(digits[3]) && isDay(Number(digits.slice(4, 6)), Number(digits.slice(6, 8)))
  );
}

export function isSwiss(value: string): boolean {
  const digits = digitsOf(value);
  const sum = weighted(digits, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]);
  return (10 - (sum % 10)) % 10 === Number(digits[12]);
}

export function isRomanian(digits: string): boolean {
  const rest = weighted(digits, [2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9]) % 11;
  const isBorn = isDay(Number(digits.slice(5, 7)), Number(digits.slice(3, 5)));
  return isBorn && (rest === 10 ? 1 : rest) === Number(digits[12]);
}

export const isBulgarian = (digits: string): boolean =>
  isDay(Number(digits.slice(4, 6)), Number(digits.slice(2, 4)) % 20) &&
  (weighted(digits, [2, 4, 8, 5, 10, 9, 7, 3, 6]) % 11) % 10 === Number(digits[9]);

export const isCzech = (value: string): boolean => {
  const digits = digitsOf(value);
  const month = Number(digits.slice(2, 4)) % 50;
  return (
    isDay(Number(digits.slice(4, 6)), month > 20 ? month - 20 : month) && Number(digits) % 11 === 0
  );
};
