/** What only words beside it tell: documents, accounts, dates of birth, numbers of patients. */
import { isDay } from './checksums.ts';
import { type ContextName, hasContext } from './context.ts';
import type { EntityName } from './entities.ts';
import { type Place, type Recogniser, whole } from './recogniser.ts';

export const MONTH =
  'jan(?:uary|uar|vier|eiro|\\.)?|feb(?:ruary|ruar|brero|braio|\\.)?|fév(?:rier|r\\.)?|fev(?:ereiro)?|mar(?:ch|s|zo|ço|t|zec|\\.)?|märz|maart|apr(?:il|ile|\\.)?|avr(?:il|\\.)?|abr(?:il)?|may|mai|mayo|mei|maj|maggio|maio|june?|juni|juin|junio|giugno|junho|july?|juli|juil(?:let)?|julio|luglio|julho|aug(?:ust|ustus|\\.)?|août|ago(?:sto)?|sep(?:t|tember|tembre|tiembre|\\.)?|set(?:tembre|embro)?|oct(?:ober|obre|ubre|\\.)?|okt(?:ober|\\.)?|ott(?:obre)?|out(?:ubro)?|nov(?:ember|embre|iembre|embro|\\.)?|dec(?:ember|\\.)?|dez(?:ember|embro|\\.)?|déc(?:embre|\\.)?|dic(?:iembre|embre)?|stycznia|lutego|marca|kwietnia|maja|czerwca|lipca|sierpnia|września|października|listopada|grudnia';

const YEAR = '(?:19|20)\\d{2}';
/** Day, month and year in the orders that are written; two digits of a year only with a word beside. */
const DATE_SOURCES = [
  `${YEAR}(?<a>[-/.])\\d{1,2}\\k<a>\\d{1,2}`,
  `\\d{1,2}(?<b>[-/.])\\d{1,2}\\k<b>${YEAR}`,
  `\\d{1,2}(?:st|nd|rd|th|\\.|er|º)?[ ](?:de[ ]|of[ ])?(?:${MONTH})[ ,]{0,2}(?:de[ ]|del[ ])?${YEAR}`,
  `(?:${MONTH})[ ]\\d{1,2}(?:st|nd|rd|th)?,?[ ]${YEAR}`,
];
const SHORT_DATE = `\\d{1,2}(?<c>[-/.])\\d{1,2}\\k<c>\\d{2}`;

/** Numbers that can be a day and a month, in either order. */
function isDate(value: string): boolean {
  const numbers = (value.match(/\d+/gu) ?? []).filter((number) => number.length < 3).map(Number);
  const [first = 0, second = 0] = numbers;
  if (numbers.length === 1) return first >= 1 && first <= 31;
  return isDay(first, second) || isDay(second, first);
}

/** A word beside it, and at least one digit in a shape that is otherwise wide. */
function named(
  entity: EntityName,
  name: ContextName,
  source: string,
  isValid?: (value: string, place: Place) => boolean,
): Recogniser {
  return {
    entity,
    begins: 'either',
    digitsMin: 4,
    shape: whole(source),
    accepts: (value, place) =>
      (isValid?.(value, place) ?? true) && hasContext(place.text, place.start, name, NEAR_CHARS),
  };
}

/** A word further away speaks of something else. */
const NEAR_CHARS = 36;

const digitsIn = (value: string): number => value.replaceAll(/\D/gu, '').length;
/** Not a year, a date or an amount. */
const isNumber = (value: string): boolean =>
  digitsIn(value) >= 4 &&
  !/^(?:19|20)\d{2}$/u.test(value) &&
  !/^\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}$/u.test(value);

export const DOCUMENT_RECOGNISERS: readonly Recogniser[] = [
  ...[...DATE_SOURCES, SHORT_DATE].map((source) => ({
    ...named('date-of-birth', 'birth', source, isDate),
    digitsMin: 1,
    shape: whole(source, 'iuy'),
  })),
  ...DATE_SOURCES.map((source): Recogniser => ({
    entity: 'date',
    begins: 'either',
    digitsMin: 1,
    shape: whole(source, 'iuy'),
    accepts: isDate,
  })),
  {
    // Medicare's own number: its letters have their places.
    entity: 'health-plan',
    begins: 'digit',
    digitsMin: 4,
    shape: whole(
      '[1-9][AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y\\d]\\d-?[AC-HJKMNP-RT-Y][AC-HJKMNP-RT-Y\\d]\\d-?[AC-HJKMNP-RT-Y]{2}\\d{2}',
    ),
    accepts: () => true,
  },
  named(
    'passport',
    'passport',
    '[A-Z]{0,2}\\d{6,9}|[CFGHJK][CFGHJKLMNPRTVWXYZ\\d]{8}|\\d{2}[A-Z]{2}\\d{5}',
  ),
  named('driving-licence', 'licence', '[A-Z]{0,5}\\d(?:-?[A-Z\\d]){4,17}', isNumber),
  named('medical-record', 'medical', '[A-Z]{0,4}-?\\d(?:-?[A-Z\\d]){3,15}', isNumber),
  named('health-plan', 'plan', '[A-Z]{0,5}-?\\d(?:-?[A-Z\\d]){4,17}', isNumber),
  named(
    'bank-account',
    'account',
    '\\d{2}-\\d{2}-\\d{2}|\\d{6,17}|\\d{2,4}(?:[ -]\\d{2,5}){2,4}',
    isNumber,
  ),
];

/** A month whose day comes next: to its end at the day. */
export const MONTH_BEFORE = new RegExp(`(?<![\\p{L}])(?:${MONTH})[ ]$`, 'iu');
export const MONTH_CHARS_MAX = 16;
