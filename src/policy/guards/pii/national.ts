/** National identity and tax numbers of Europe, each with the check its country gave it. */
import { digitsOf, mod11 } from './checksums.ts';
import { hasContext } from './context.ts';
import {
  isSpanish,
  isItalian,
  isFrench,
  isGerman,
  isBelgian,
  isPolish,
  isSwedish,
  isFinnish,
  isDanish,
  isNorwegian,
  isDutch,
  isPortuguese,
  isIrish,
  isAustrian,
  isSwiss,
  isRomanian,
  isBulgarian,
  isCzech,
} from './national-checks.ts';
import { type Recogniser, whole } from './recogniser.ts';

/** `weak`: one number in ten or so passes, so a word must stand beside it. */
interface NationalNumber {
  readonly country: string;
  readonly shape: string;
  readonly begins: Recogniser['begins'];
  readonly digitsMin: number;
  readonly isValid: (value: string) => boolean;
  readonly isWeak?: boolean;
}

const NUMBERS: readonly NationalNumber[] = [
  {
    country: 'ES',
    shape: '\\d{8}[- ]?[A-HJ-NP-TV-Z]',
    begins: 'digit',
    digitsMin: 7,
    isValid: isSpanish,
  },
  {
    country: 'ES',
    shape: '[XYZ][- ]?\\d{7}[- ]?[A-HJ-NP-TV-Z]',
    begins: 'letter',
    digitsMin: 7,
    isValid: isSpanish,
  },
  {
    country: 'IT',
    shape: '[A-Za-z]{6}\\d{2}[A-EHLMPR-Ta-ehlmpr-t]\\d{2}[A-Za-z]\\d{3}[A-Za-z]',
    begins: 'letter',
    digitsMin: 2,
    isValid: isItalian,
  },
  {
    country: 'FR',
    shape: '[12][ ]?\\d{2}[ ]?\\d{2}[ ]?\\d[\\dAB][ ]?\\d{3}[ ]?\\d{3}[ ]?\\d{2}',
    begins: 'digit',
    digitsMin: 6,
    isValid: isFrench,
  },
  {
    country: 'DE',
    shape: '\\d{2}[ ]?\\d{3}[ ]?\\d{3}[ ]?\\d{3}',
    begins: 'digit',
    digitsMin: 11,
    isValid: isGerman,
    isWeak: true,
  },
  {
    country: 'BE',
    shape: '\\d{2}\\.\\d{2}\\.\\d{2}[- ]\\d{3}[.-]\\d{2}',
    begins: 'digit',
    digitsMin: 11,
    isValid: isBelgian,
  },
  {
    country: 'BE',
    shape: '\\d{11}',
    begins: 'digit',
    digitsMin: 11,
    isValid: isBelgian,
    isWeak: true,
  },
  {
    country: 'PL',
    shape: '\\d{11}',
    begins: 'digit',
    digitsMin: 11,
    isValid: isPolish,
    isWeak: true,
  },
  {
    country: 'SE',
    shape: '(?:19|20)?\\d{6}[-+]\\d{4}',
    begins: 'digit',
    digitsMin: 10,
    isValid: isSwedish,
  },
  {
    country: 'SE',
    shape: '(?:19|20)?\\d{10}',
    begins: 'digit',
    digitsMin: 10,
    isValid: isSwedish,
    isWeak: true,
  },
  {
    country: 'FI',
    shape: '\\d{6}[-+A-FU-Y]\\d{3}[\\dA-FHJ-NPR-Y]',
    begins: 'digit',
    digitsMin: 6,
    isValid: isFinnish,
  },
  {
    country: 'DK',
    shape: '\\d{6}-?\\d{4}',
    begins: 'digit',
    digitsMin: 10,
    isValid: isDanish,
    isWeak: true,
  },
  {
    country: 'NO',
    shape: '\\d{6}[ ]?\\d{5}',
    begins: 'digit',
    digitsMin: 11,
    isValid: isNorwegian,
    isWeak: true,
  },
  { country: 'NL', shape: '\\d{9}', begins: 'digit', digitsMin: 9, isValid: isDutch, isWeak: true },
  {
    country: 'PT',
    shape: '\\d{3}[ ]?\\d{3}[ ]?\\d{3}',
    begins: 'digit',
    digitsMin: 9,
    isValid: isPortuguese,
    isWeak: true,
  },
  {
    country: 'IE',
    shape: '\\d{7}[A-W][A-I]?',
    begins: 'digit',
    digitsMin: 7,
    isValid: isIrish,
    isWeak: true,
  },
  {
    country: 'AT',
    shape: '\\d{4}[ ]?\\d{6}',
    begins: 'digit',
    digitsMin: 10,
    isValid: isAustrian,
    isWeak: true,
  },
  {
    country: 'CH',
    shape: '756\\.?\\d{4}\\.?\\d{4}\\.?\\d{2}',
    begins: 'digit',
    digitsMin: 13,
    isValid: isSwiss,
  },
  {
    country: 'RO',
    shape: '[1-8]\\d{12}',
    begins: 'digit',
    digitsMin: 13,
    isValid: isRomanian,
    isWeak: true,
  },
  {
    country: 'BG',
    shape: '\\d{10}',
    begins: 'digit',
    digitsMin: 10,
    isValid: isBulgarian,
    isWeak: true,
  },
  {
    country: 'CZ',
    shape: '\\d{6}/?\\d{4}',
    begins: 'digit',
    digitsMin: 10,
    isValid: isCzech,
    isWeak: true,
  },
];

const nationalOf = ({ shape, begins, digitsMin, isValid, isWeak }: NationalNumber): Recogniser => ({
  entity: 'national-id',
  begins,
  digitsMin,
  leadMin: Number(/^\\d\{(?<count>\d+)/u.exec(shape)?.groups?.['count'] ?? 1),
  shape: whole(shape),
  accepts: (value, { text, start }) =>
    isValid(value) && (isWeak !== true || hasContext(text, start, 'taxId')),
});

/** UK: no D, F, I, Q, U or V; and pairs that are not given out. */
const NINO =
  '(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][ ]?\\d{2}[ ]?\\d{2}[ ]?\\d{2}[ ]?[A-D]';

export const NATIONAL_RECOGNISERS: readonly Recogniser[] = [
  {
    entity: 'nhs',
    begins: 'digit',
    digitsMin: 10,
    leadMin: 3,
    shape: whole('\\d{3}[- ]?\\d{3}[- ]?\\d{4}'),
    accepts: (value, { text, start }) =>
      mod11(digitsOf(value), [10, 9, 8, 7, 6, 5, 4, 3, 2]) && hasContext(text, start, 'nhs'),
  },
  { entity: 'nino', begins: 'letter', digitsMin: 6, shape: whole(NINO), accepts: () => true },
  ...NUMBERS.map(nationalOf),
];
