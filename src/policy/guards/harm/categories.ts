/** What `harm` sorts its findings into, after the hazards that MLCommons names. */

export interface CategoryInfo {
  readonly what: string;
  /** Of the MLCommons list (AILuminate 1.0), where one answers to it. */
  readonly hazard: string;
  /** Not looked for unless it is named: most texts of this kind are no harm at all. */
  readonly isOff?: boolean;
}

/** The order is part of the trained weights. */
export const CATEGORIES = {
  violence: { what: 'violent crimes, terrorism, cruelty to animals', hazard: 'violent crimes' },
  'self-harm': { what: 'suicide, self-injury, eating disorders', hazard: 'suicide and self-harm' },
  sexual: {
    what: 'pornographic text, sexual violence',
    hazard: 'sex-related crimes, sexual content',
  },
  minors: { what: 'sexual exploitation of children', hazard: 'child sexual exploitation' },
  weapons: {
    what: 'bombs, firearms, chemical, biological and nuclear weapons',
    hazard: 'indiscriminate weapons',
  },
  hate: { what: 'contempt for groups of people, discrimination', hazard: 'hate' },
  harassment: {
    what: 'threats, bullying, stalking, blackmail, insults',
    hazard: 'violent crimes, hate',
  },
  crime: { what: 'theft, fraud, forgery, arson, trafficking', hazard: 'non-violent crimes' },
  drugs: { what: 'making, dealing and abusing drugs', hazard: 'non-violent crimes' },
  cybercrime: { what: 'malware, break-ins, phishing', hazard: 'non-violent crimes' },
  privacy: { what: 'spying, doxxing, private data of others', hazard: 'privacy' },
  deception: {
    what: 'disinformation, defamation, impersonation, scams',
    hazard: 'defamation, elections, non-violent crimes',
  },
  'regulated-advice': {
    what: 'personal questions that a doctor, lawyer or financial adviser should answer, and such answers',
    hazard: 'specialized advice',
    isOff: true,
  },
} as const satisfies Readonly<Record<string, CategoryInfo>>;

export type HarmCategory = keyof typeof CATEGORIES;
const isCategory = (name: string): name is HarmCategory => Object.hasOwn(CATEGORIES, name);
export const harmCategories = Object.keys(CATEGORIES).filter(isCategory);
/** One head sorts each of these; advice has a head of its own and stands last. */
export type SortedCategory = Exclude<HarmCategory, 'regulated-advice'>;
export const sortedCategories = harmCategories.filter(
  (name): name is SortedCategory => name !== 'regulated-advice',
);
export const defaultCategories = sortedCategories;

/** How much has to point at harm before it alerts. */
export const sensitivities = ['low', 'normal', 'high'] as const;
export type Sensitivity = (typeof sensitivities)[number];
