/** What `pii` can look for, by name: the words of the configuration and of the mask. */

export interface EntityInfo {
  readonly what: string;
  /** How it is known: what must hold before it is one. */
  readonly by: string;
  /** Not looked for unless it is named: it is found where nobody is meant, or only guessed. */
  readonly isOff?: boolean;
}

export const ENTITIES = {
  email: { what: 'e-mail address', by: 'a local part, a domain with a top level' },
  phone: {
    what: 'telephone number',
    by: 'an international form; a national form that is valid in a known country; or 7 to 15 digits with a word beside them',
  },
  card: { what: 'payment card', by: 'issuer range, length, Luhn' },
  iban: { what: 'IBAN', by: 'country, its length, mod 97' },
  ssn: {
    what: 'US social security number',
    by: 'groups with separators, no number that is never given; bare digits with a word beside them',
  },
  itin: { what: 'US taxpayer number', by: 'its ranges; bare digits with a word beside them' },
  nhs: { what: 'UK NHS number', by: 'mod 11, and its groups or a word beside it' },
  nino: { what: 'UK national insurance number', by: 'its prefixes, six digits, A to D' },
  vat: {
    what: 'EU VAT number',
    by: "country, the country's shape, its checksum where it is simple",
  },
  'national-id': {
    what: 'national identity or tax number (AT BE BG CH CZ DE DK ES FI FR IE IT NL NO PL PT RO SE)',
    by: 'shape, date and checksum; with a word beside it where the checksum is weak',
  },
  passport: { what: 'passport number', by: 'a word beside it, and a shape' },
  'driving-licence': { what: 'driving licence number', by: 'a word beside it, and a shape' },
  ip: { what: 'IP address', by: 'v4 or v6, not loopback and not a version number' },
  mac: { what: 'hardware address', by: 'six pairs' },
  'date-of-birth': { what: 'date of birth', by: 'a date, and a word for birth beside it' },
  'medical-record': { what: 'medical record or patient number', by: 'a word beside it' },
  'health-plan': {
    what: 'health plan, insurance or Medicare number',
    by: "a word beside it, or Medicare's own shape",
  },
  'bank-account': { what: 'bank account number or sort code', by: 'a word beside it' },
  'routing-number': { what: 'US bank routing number', by: 'its checksum and a word beside it' },
  vin: { what: 'vehicle identification number', by: 'its check digit' },
  wallet: {
    what: 'Bitcoin, Litecoin, Dogecoin, Tron or Ethereum address',
    by: 'base58 or bech32 checksum; for Ethereum the shape alone',
  },
  address: {
    what: 'postal address',
    by: 'a house number and a street with a word for street, in seven languages',
  },
  url: { what: 'web address', by: 'http or https', isOff: true },
  date: { what: 'any full date', by: 'day, month and year', isOff: true },
  person: {
    what: 'name of a person (alerts only)',
    by: 'a common first name or a title, and a name after it',
    isOff: true,
  },
  location: { what: 'name of a place (alerts only)', by: 'a short list', isOff: true },
} as const satisfies Readonly<Record<string, EntityInfo>>;

export type EntityName = keyof typeof ENTITIES;

export const entityNames = Object.keys(ENTITIES).filter(
  (name): name is EntityName => name in ENTITIES,
);

const information: Readonly<Record<EntityName, EntityInfo>> = ENTITIES;

export const defaultEntities: readonly EntityName[] = entityNames.filter(
  (name) => information[name].isOff !== true,
);

/** What is only guessed may alert. An operator who wants more writes it for the entity by name. */
export const guessedEntities: readonly EntityName[] = ['person', 'location'];

/** Lists of entities under the name of what asks for them. None of them is legal advice. */
export const PROFILES = {
  /** What is personal by itself or makes a person identifiable (article 4), as far as text shows it. */
  gdpr: entityNames.filter((name) => !['url', 'date'].includes(name)),
  /** The identifiers of 45 CFR 164.514(b)(2) that have a form in text; photographs and prints have none. */
  'hipaa-safe-harbor': [
    'person',
    'location',
    'address',
    'date',
    'date-of-birth',
    'phone',
    'email',
    'ssn',
    'itin',
    'medical-record',
    'health-plan',
    'bank-account',
    'routing-number',
    'card',
    'iban',
    'driving-licence',
    'passport',
    'vin',
    'mac',
    'url',
    'ip',
  ],
  pci: ['card'],
} as const satisfies Readonly<Record<string, readonly EntityName[]>>;

export type ProfileName = keyof typeof PROFILES;
export const profileNames = ['gdpr', 'hipaa-safe-harbor', 'pci'] as const satisfies ProfileName[];
