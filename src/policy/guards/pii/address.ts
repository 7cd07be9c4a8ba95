/** Postal addresses: a house number and a street, in the order of their language. */
import { type Recogniser, whole } from './recogniser.ts';

const NAME = "\\p{Lu}[\\p{L}'’.-]{0,20}";
const AMERICAN_STREET =
  'Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Lane|Ln|Drive|Dr|Court|Ct|Circle|Cir|Place|Pl|Square|Sq|Terrace|Ter|Way|Parkway|Pkwy|Highway|Hwy|Close|Crescent|Cres|Grove|Mews|Walk|Row|Trail|Trl|Alley|Loop|Pike|Plaza|Gardens|Hill|Quay';

/** Number first: English and French. */
export const ADDRESS_RECOGNISERS: readonly Recogniser[] = [
  {
    entity: 'address',
    begins: 'digit',
    digitsMin: 1,
    may: ({ text, start }) =>
      /^\d{1,5}[A-Za-z]?(?:[-/]\d{1,4})?[ ][\p{Lu}\d]/u.test(text.slice(start, start + 13)),
    shape: whole(
      `\\d{1,5}[A-Za-z]?(?:[-/]\\d{1,4})?[ ](?:[NSEW]\\.?[ ]|[NS][EW][ ])?(?:(?:${NAME}|\\d{1,3}(?:st|nd|rd|th))[ ]){1,3}(?:${AMERICAN_STREET})\\b\\.?(?:,?[ ](?:Apt|Apartment|Suite|Ste|Unit|Flat|Floor)\\.?[ ]#?\\w{1,5})?`,
    ),
    accepts: () => true,
  },
  {
    entity: 'address',
    begins: 'digit',
    digitsMin: 1,
    may: ({ text, start }) =>
      /^\d{1,4}(?:[ ]?(?:bis|ter))?,?[ ][rabpaciq]/u.test(text.slice(start, start + 12)),
    shape: whole(
      `\\d{1,4}(?:[ ]?(?:bis|ter))?,?[ ](?:rue|avenue|boulevard|place|allée|chemin|impasse|quai|cours|route)[ ](?:(?:de|du|des|la|le|les)[ ]|[dl]['’]){0,3}${NAME}(?:[ ]${NAME}){0,3}`,
    ),
    accepts: () => true,
  },
];

const STREET_FIRST =
  '(?:Via|Viale|Piazza|Corso|Calle|Avenida|Plaza|Paseo|Rua|Travessa|Praça|ul\\.|al\\.|Ulica|Rue|Avenue|Boulevard)';
const COMPOUND =
  '\\p{Lu}\\p{L}{1,24}(?:straße|strasse|str\\.|weg|platz|gasse|allee|ring|damm|ufer|straat|laan|plein|gracht|kade|dijk)';
/** Street first, before a house number: German, Dutch; Italian, Spanish, Portuguese, Polish. */
const STREET_SOURCE = `(?:${COMPOUND}|${NAME}[ ](?:Straße|Strasse|Str\\.|Weg|Platz|Allee|Straat|Laan)|${STREET_FIRST}[ ](?:(?:de|del|della|dei|da|do|dos|das|la|las|los)[ ]){0,2}${NAME}(?:[ ]${NAME}){0,2})`;

export const STREET_CHARS_MAX = 60;
/** To its end at the house number; within what a stream keeps. */
export const STREET_BEFORE = new RegExp(`(?<![\\p{L}])${STREET_SOURCE},?[ ]$`, 'u');
export const HOUSE_NUMBER =
  /\d{1,4}[a-zA-Z]?(?:[-/]\d{1,4}[a-zA-Z]?)?(?![\p{L}\d_])(?:,?[ ]\d{4,5}[ ]\p{Lu}\p{L}{1,24})?/uy;
/** The end of a text that may go on to a house number. */
export const STREET_TAIL = new RegExp(
  `(?<![\\p{L}])(?:${COMPOUND}|${NAME}[ ](?:\\p{Lu}\\p{L}{0,7}\\.?)?|${STREET_FIRST}(?:[ ][\\p{L}'’.-]{0,21}){0,5})[ ,]{0,2}$`,
  'u',
);
/** Sticky: a house number and the words after it that may still become a street. */
export const ADDRESS_OPEN =
  /\d{1,5}[A-Za-z]?(?:[-/]\d{1,4})?,?(?:[ ](?:[\p{Lu}\d#][\p{L}\d.'’#-]{0,24}|rue|avenue|boulevard|place|allée|chemin|impasse|quai|cours|route|bis|ter|de|du|des|la|le|les|[dl]['’]\p{L}{0,21}),?){0,9}(?:[ ]\p{L}{0,10}['’]?)?$/uy;
export const ADDRESS_CHARS_MAX = 128;
