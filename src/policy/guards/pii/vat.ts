/** VAT numbers: the country's letters, its shape, and its check where it is one sum. */
import { digitsOf, luhn, mod11ten, weighted } from './checksums.ts';
import { isPortuguese } from './national-checks.ts';
import { type Place, type Recogniser, whole } from './recogniser.ts';

const VAT: Readonly<
  Record<string, readonly [shape: string, isValid?: (digits: string) => boolean]>
> = {
  AT: ['U\\d{8}'],
  BE: [
    '[01]\\d{9}',
    (digits) => 97 - (Number(digits.slice(0, 8)) % 97) === Number(digits.slice(8)),
  ],
  BG: ['\\d{9,10}'],
  CY: ['\\d{8}[A-Z]'],
  CZ: ['\\d{8,10}'],
  DE: ['\\d{9}', mod11ten],
  DK: ['\\d{8}', (digits) => weighted(digits, [2, 7, 6, 5, 4, 3, 2, 1]) % 11 === 0],
  EE: ['\\d{9}'],
  EL: ['\\d{9}'],
  ES: ['[A-Z\\d]\\d{7}[A-Z\\d]'],
  FI: ['\\d{8}', (digits) => weighted(digits, [7, 9, 10, 5, 8, 4, 2, 1]) % 11 === 0],
  FR: [
    '[A-Z\\d]{2}\\d{9}',
    (digits) =>
      digits.length < 11 ||
      (Number(digits.slice(2)) * 100 + 12) % 97 === Number(digits.slice(0, 2)),
  ],
  GB: ['\\d{9}(?:\\d{3})?'],
  HR: ['\\d{11}', mod11ten],
  HU: ['\\d{8}'],
  IE: ['\\d[A-Z\\d+*]\\d{5}[A-W][A-I]?'],
  IT: ['\\d{11}', luhn],
  LT: ['\\d{9}(?:\\d{3})?'],
  LU: ['\\d{8}', (digits) => Number(digits.slice(0, 6)) % 89 === Number(digits.slice(6))],
  LV: ['\\d{11}'],
  MT: ['\\d{8}'],
  NL: ['\\d{9}B\\d{2}'],
  PL: [
    '\\d{10}',
    (digits) => weighted(digits, [6, 5, 7, 2, 3, 4, 5, 6, 7]) % 11 === Number(digits[9]),
  ],
  PT: ['\\d{9}', isPortuguese],
  RO: ['\\d{6,10}'],
  SE: ['\\d{10}01', (digits) => luhn(digits.slice(0, 10))],
  SI: ['\\d{8}'],
  SK: ['\\d{10}', (digits) => Number(digits) % 11 === 0],
};

const isVatCountry = ({ text, start }: Place): boolean => text.slice(start, start + 2) in VAT;

const VAT_WORD = /(?:vat|ust|mwst|tva|iva|btw|moms|nip|tax|uid|dph|áfa|alv|umsatzsteuer)/u;

/** Without a check of its own, a VAT number has a word beside it. */
function isVat(value: string, { text, start }: Place): boolean {
  const [, isValid] = VAT[value.slice(0, 2)] ?? [];
  const body = value.slice(2).replaceAll(/[ .]/gu, '');
  if (isValid !== undefined) return isValid(digitsOf(body));
  return VAT_WORD.test(text.slice(Math.max(0, start - 40), start).toLowerCase());
}

const vatShape = Object.entries(VAT)
  .map(([country, [shape]]) => `${country}[ ]?(?:${shape})`)
  .join('|');

export const VAT_RECOGNISERS: readonly Recogniser[] = [
  {
    entity: 'vat',
    begins: 'letter',
    digitsMin: 6,
    may: isVatCountry,
    shape: whole(vatShape),
    accepts: isVat,
  },
];
