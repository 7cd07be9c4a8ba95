/**
 * Made-up personal data of each kind in a sentence, written from the rules of each number and not
 * from the guard: nothing here imports it. Seeded, so that a failure comes back.
 */
import { seeded } from './secret-samples.ts';

export interface PiiSample {
  readonly entity: string;
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

type Random = () => number;
const pick = <T>(random: Random, list: readonly T[]): T => {
  const one = list[Math.floor(random() * list.length)];
  if (one === undefined) throw new Error('nothing to pick from');
  return one;
};
const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join('');
const between = (random: Random, min: number, max: number): number =>
  min + Math.floor(random() * (max - min + 1));
const two = (value: number): string => `${value}`.padStart(2, '0');

function withLuhn(body: string): string {
  let sum = 0;
  [...body].reverse().forEach((one, at) => {
    const value = Number(one) * (at % 2 === 0 ? 2 : 1);
    sum += value > 9 ? value - 9 : value;
  });
  return `${body}${(10 - (sum % 10)) % 10}`;
}

/** The rest of a long number, a digit at a time. */
const rest97 = (number: string): number =>
  [...number].reduce((rest, one) => (rest * 10 + Number(one)) % 97, 0);
const asNumbers = (text: string): string =>
  [...text].map((one) => Number.parseInt(one, 36)).join('');

function iban(country: string, body: string): string {
  const check = 98 - rest97(asNumbers(`${body}${country}00`));
  return `${country}${two(check)}${body}`;
}

const grouped = (text: string, size: number): string =>
  text.match(new RegExp(`.{1,${size}}`, 'gu'))?.join(' ') ?? text;
const sum = (number: string, weights: readonly number[]): number =>
  weights.reduce((total, weight, at) => total + weight * Number(number[at]), 0);

/** Tries until the number's own rule gives it a check digit. */
function until(make: () => string | null): string {
  for (let tries = 0; tries < 1_000; tries += 1) {
    const made = make();
    if (made !== null) return made;
  }
  throw new Error('no number in a thousand tries');
}

const nhs = (random: Random): string =>
  until(() => {
    const body = `4${digits(random, 8)}`;
    const check = (11 - (sum(body, [10, 9, 8, 7, 6, 5, 4, 3, 2]) % 11)) % 11;
    return check === 10 ? null : `${body}${check}`;
  });

const birth = (random: Random): { day: string; month: string; year: string } => ({
  day: two(between(random, 1, 28)),
  month: two(between(random, 1, 12)),
  year: `${between(random, 1940, 2005)}`,
});

const national: Readonly<Record<string, (random: Random) => string>> = {
  ES: (random) => {
    const number = digits(random, 8);
    return `${number}${'TRWAGMYFPDXBNJZSQVHLCKE'[Number(number) % 23]}`;
  },
  FR: (random) => {
    const { month, year } = birth(random);
    const body = `${pick(random, ['1', '2'])}${year.slice(2)}${month}75${digits(random, 6)}`;
    return `${body}${two(97 - (Number(body) % 97))}`;
  },
  PL: (random) => {
    const { day, month, year } = birth(random);
    const inCentury = year < '2000' ? month : two(Number(month) + 20);
    const body = `${year.slice(2)}${inCentury}${day}${digits(random, 4)}`;
    return `${body}${(10 - (sum(body, [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]) % 10)) % 10}`;
  },
  SE: (random) => {
    const { day, month, year } = birth(random);
    const number = withLuhn(`${year.slice(2)}${month}${day}${digits(random, 3)}`);
    return `${number.slice(0, 6)}-${number.slice(6)}`;
  },
  FI: (random) => {
    const { day, month, year } = birth(random);
    const number = `${day}${month}${year.slice(2)}${digits(random, 3)}`;
    const check = '0123456789ABCDEFHJKLMNPRSTUVWXY'[Number(number) % 31];
    return `${number.slice(0, 6)}${year < '2000' ? '-' : 'A'}${number.slice(6)}${check}`;
  },
  NL: (random) =>
    until(() => {
      const body = `1${digits(random, 7)}`;
      const check = sum(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
      return check === 10 ? null : `${body}${check}`;
    }),
  BE: (random) => {
    const { day, month, year } = birth(random);
    const body = `${year.slice(2)}${month}${day}${digits(random, 3)}`;
    const check = two(97 - (Number(year < '2000' ? body : `2${body}`) % 97));
    return `${body.slice(0, 2)}.${body.slice(2, 4)}.${body.slice(4, 6)}-${body.slice(6)}.${check}`;
  },
  DE: (random) => {
    // One of the first ten digits comes twice, one not at all.
    const letters = [1, 2, 3, 4, 5, 6, 7, 8, 9].sort(() => random() - 0.5);
    const body = `${letters.join('')}${letters[0]}`;
    let product = 10;
    for (const one of body) {
      const step = (Number(one) + product) % 10 || 10;
      product = (step * 2) % 11;
    }
    return `${body}${(11 - product) % 10}`;
  },
  DK: (random) => {
    const { day, month, year } = birth(random);
    return `${day}${month}${year.slice(2)}-${digits(random, 4)}`;
  },
  PT: (random) => {
    const body = `2${digits(random, 7)}`;
    const rest = sum(body, [9, 8, 7, 6, 5, 4, 3, 2]) % 11;
    return `${body}${rest < 2 ? 0 : 11 - rest}`;
  },
  CH: (random) => {
    const body = `756${digits(random, 9)}`;
    const check = (10 - (sum(body, [1, 3, 1, 3, 1, 3, 1, 3, 1, 3, 1, 3]) % 10)) % 10;
    return `756.${body.slice(3, 7)}.${body.slice(7, 11)}.${body.slice(11)}${check}`;
  },
};

const ID_WORDS: Readonly<Record<string, string>> = {
  PL: 'PESEL',
  NL: 'BSN',
  DE: 'Steuer-ID',
  DK: 'CPR-nummer',
  PT: 'NIF',
};

const american = (random: Random): string => {
  const [area, exchange, line] = [
    `2${digits(random, 2)}`,
    `5${digits(random, 2)}`,
    digits(random, 4),
  ];
  return pick(random, [
    `(${area}) ${exchange}-${line}`,
    `${area}-${exchange}-${line}`,
    `+1 ${area} ${exchange} ${line}`,
    `${area}.${exchange}.${line}`,
  ]);
};

/** For each entity: the sentence's beginning, the value, its end. */
const makers: Readonly<Record<string, (random: Random) => readonly [string, string, string]>> = {
  email: (random) => [
    'write to ',
    `${pick(random, ['jane.doe', 'j_smith', 'max+news', "o'neil"])}${digits(random, 2)}@${pick(random, ['example.com', 'mail.example.co.uk', 'münchen.example'])}`,
    ' or call',
  ],
  phone: (random) => ['reach me at ', american(random), ', thanks'],
  card: (random) => {
    const body = withLuhn(`${pick(random, ['4', '51', '55'])}${digits(random, 14)}`.slice(0, 15));
    return ['my card ', random() < 0.5 ? grouped(body, 4) : body, ' expires'];
  },
  iban: (random) => {
    const made = pick(random, [
      () => iban('DE', digits(random, 18)),
      () => iban('GB', `NWBK${digits(random, 14)}`),
      () => iban('FR', digits(random, 23)),
      () => iban('NL', `ABNA${digits(random, 10)}`),
      () => iban('BE', digits(random, 12)),
    ])();
    return ['to ', random() < 0.5 ? grouped(made, 4) : made, ' with thanks'];
  },
  ssn: (random) => [
    'his number is ',
    `${between(random, 100, 665)}-${two(between(random, 1, 99))}-${digits(random, 3)}7`,
    ', on file',
  ],
  itin: (random) => [
    'filed under ',
    `9${digits(random, 2)}-7${between(random, 0, 8)}-${digits(random, 4)}`,
    ' last year',
  ],
  nhs: (random) => {
    const number = nhs(random);
    return [
      'NHS number ',
      `${number.slice(0, 3)} ${number.slice(3, 6)} ${number.slice(6)}`,
      ' was given',
    ];
  },
  nino: (random) => [
    'NI: ',
    `AB ${digits(random, 2)} ${digits(random, 2)} ${digits(random, 2)} C`,
    ', payroll',
  ],
  vat: (random) => ['invoice to ', `IT${withLuhn(digits(random, 10))}`, ', please'],
  'national-id': (random) => {
    const country = pick(random, Object.keys(national));
    return [`${ID_WORDS[country] ?? 'number'}: `, national[country]?.(random) ?? '', ', thank you'];
  },
  passport: (random) => ['passport no. ', `C${digits(random, 8)}`, ' expires'],
  'driving-licence': (random) => ["driver's license ", `D${digits(random, 7)}`, ', expired'],
  ip: (random) => [
    'from ',
    pick(random, [
      `203.0.${between(random, 1, 250)}.${between(random, 1, 250)}`,
      `2001:db8::${between(random, 1, 9)}f:1`,
    ]),
    ' yesterday',
  ],
  mac: (random) => ['card ', `00:1b:${two(between(random, 10, 99))}:3c:4d:5e`, ' is up'],
  'date-of-birth': (random) => {
    const { day, month, year } = birth(random);
    return [
      'born on ',
      pick(random, [
        `${day}/${month}/${year}`,
        `${year}-${month}-${day}`,
        `${Number(day)} March ${year}`,
        `March ${Number(day)}, ${year}`,
      ]),
      ', she',
    ];
  },
  'medical-record': (random) => ['MRN: ', digits(random, 7).replace(/^0/u, '1'), ', ward 3'],
  'health-plan': (random) => ['member ID ', `W${digits(random, 9)}`, ', active'],
  'bank-account': (random) => ['account number ', `3${digits(random, 9)}`, ', savings'],
  'routing-number': (random) => [
    'routing number ',
    until(() => {
      const number = `0${digits(random, 8)}`;
      return sum(number, [3, 7, 1, 3, 7, 1, 3, 7, 1]) % 10 === 0 ? number : null;
    }),
    ', then',
  ],
  vin: () => ['the car ', '1M8GDM9AXKP042788', ' was sold'],
  wallet: () => ['send to ', 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', ' today'],
  address: (random) => [
    'lives at ',
    pick(random, [
      `${between(random, 1, 999)} Maple Street`,
      `${between(random, 1, 99)} rue de la Paix`,
      `Hauptstraße ${between(random, 1, 99)}`,
      `Via Roma ${between(random, 1, 99)}`,
    ]),
    ', they say',
  ],
  url: () => ['see ', 'https://example.com/a?b=c', ' for more'],
  date: (random) => [
    'on ',
    `${between(random, 1, 28)} June ${between(random, 1990, 2024)}`,
    ', then',
  ],
  person: () => ['said ', 'Mary Jones', ', who'],
  location: () => ['in ', 'Berlin', ', today'],
};

/** One sample of each entity; other seeds, other people. */
export function piiSamples(seed: number): PiiSample[] {
  const random = seeded(seed);
  return Object.entries(makers).map(([entity, make]) => {
    const [before, value, after] = make(random);
    return {
      entity,
      text: `${before}${value}${after}`,
      start: before.length,
      end: before.length + value.length,
    };
  });
}
