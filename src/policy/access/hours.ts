/** Hours of the week as people write them: `mon-fri 08:00-18:00`, `sat`, `22:00-24:00`. */

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'];
const DAY = `(?:${DAYS.join('|')})`;
const TIME = '(?:[01][0-9]|2[0-4]):[0-5][0-9]';
const HOURS = new RegExp(
  `^(?:(?<first>${DAY})(?:-(?<last>${DAY}))?)?(?: ?(?<from>${TIME})-(?<to>${TIME}))?$`,
  'u',
);
const DAY_MINUTES = 1_440;

export interface Hours {
  /** 1, Monday, to 7, Sunday. */
  readonly days: ReadonlySet<number>;
  /** Minutes of the day; the end is not in it. */
  readonly from: number;
  readonly to: number;
}

/** Null: it is not written like that. Hours over midnight are two entries, so that a day is plain. */
export function parseHours(text: string): Hours | null {
  const { first, last, from, to } = HOURS.exec(text)?.groups ?? {};
  if (first === undefined && from === undefined) return null;
  if (first !== undefined && from !== undefined && !text.includes(' ')) return null;
  const [start, end] = [minuteOf(from, 0), minuteOf(to, DAY_MINUTES)];
  if (start >= end || end > DAY_MINUTES) return null;
  return { days: daysOf(first, last), from: start, to: end };
}

function minuteOf(time: string | undefined, otherwise: number): number {
  if (time === undefined) return otherwise;
  const [hours = 0, minutes = 0] = time.split(':').map(Number);
  return hours * 60 + minutes;
}

/** `sat-mon` goes over the end of the week. */
function daysOf(first: string | undefined, last: string | undefined): ReadonlySet<number> {
  if (first === undefined) return new Set(DAYS.map((_, index) => index + 1));
  const days = new Set<number>();
  const end = DAYS.indexOf(last ?? first);
  for (let day = DAYS.indexOf(first); ; day = (day + 1) % DAYS.length) {
    days.add(day + 1);
    if (day === end) return days;
  }
}
