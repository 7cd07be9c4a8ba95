/**
 * All texts that `harm` is trained on: generated ones, and rows of permissive sources. Each knows the
 * fold that it is held out with: a family of a generator, or a whole source.
 */
import { sortedCategories, type SortedCategory } from '#policy/guards/harm/categories.ts';

import { generatedRows } from './generated.ts';
import { adviceText } from './generators/harm/advice.ts';
import { foreignCalm, foreignHarm, harmLanguages } from './generators/harm/foreign.ts';
import { harmReply, refusal } from './generators/harm/replies.ts';
import {
  crossedRequest,
  harmRequest,
  type Kind,
  listedFamilies,
} from './generators/harm/requests.ts';
import { termRequest } from './generators/harm/terms.ts';
import { seededRandom, type Random } from './random.ts';
import { packageRows, readRows, type Row } from './rows.ts';

export type Side = 'request' | 'reply';

export interface HarmRow {
  readonly text: string;
  readonly isHarmful: boolean;
  readonly side: Side;
  /** What the report counts together. */
  readonly kind: string;
  readonly source: string;
  readonly language: string;
  readonly category: SortedCategory | null;
  readonly fold: number;
}

export interface AdviceRow {
  readonly text: string;
  readonly isHarmful: boolean;
  readonly fold: number;
}

export const HARM_FOLDS = 5;

const COUNTS = {
  request: 240,
  twin: 220,
  reply: 150,
  replyTwin: 70,
  refusal: 110,
  term: 240,
  crossed: 2_500,
  crossedTwin: 4_000,
  foreign: 130,
  foreignCalm: 400,
  advice: 500,
};

/** Sources by the fold that holds them out. Those of one data set go together. */
const SOURCE_FOLDS: readonly (readonly string[])[] = [
  ['gpteacher', 'packages_pages'],
  ['p_dahoas-hh', 'p_dahoas-synth', 'selfinstruct', 'ai', 'injecagent', 'syn_ml_neg'],
  ['yaima_conv', 'p_awesome-chatgpt', 'p_chatgpt-prompts', 'litellm-docs', 'syn_trigger_neg'],
  ['wg_adv', 'wg_safe', 'wg_other_safe', 'packages_code'],
  ['deepset'],
];
const foldBySource = new Map(
  SOURCE_FOLDS.flatMap((names, fold) => names.map((name) => [name, fold])),
);

/** Every how many rows of a source are taken: many alike teach no more than some. */
const EVERY: Readonly<Record<string, number>> = {
  gpteacher: 2,
  injecagent: 6,
  'litellm-docs': 3,
  ai: 3,
  packages_code: 3,
  packages_pages: 2,
};
const DOCUMENT_CHARS = 4_000;
const REPLY_KINDS: ReadonlySet<string> = new Set([
  'benign_response',
  'benign_doc_long',
  'benign_code_file',
]);

/** Attacks of the other guard are no harm by themselves, and full of its words: they are left out. */
function sharedRows(folder: string, root: string, seed: number): HarmRow[] {
  const files = ['train-permissive', 'train-synthetic', 'train-adversarial'];
  const made = generatedRows(seed).filter(
    ({ isAttack, kind, source }, index) =>
      !isAttack &&
      (kind === 'benign_ml' || source === 'gen_benign_short' || index % 5 === 0) &&
      /^(?:benign_(?:chat|roleplay|ml|tool)|overdefense|security_writing)$/u.test(kind),
  );
  const read = [...readRows(folder, files), ...packageRows(root)].filter(
    ({ isAttack, source, kind }) =>
      foldBySource.has(source) &&
      (!isAttack || source === 'wg_adv') &&
      kind !== 'benign_tool_prompt',
  );
  const seen = new Map<string, number>();
  return [...read, ...made].flatMap((row): HarmRow[] => {
    const nth = (seen.get(row.source) ?? 0) + 1;
    seen.set(row.source, nth);
    if (nth % (EVERY[row.source] ?? 1) !== 0) return [];
    return [
      sharedRow(row, 'request'),
      ...(REPLY_KINDS.has(row.kind) ? [sharedRow(row, 'reply')] : []),
    ];
  });
}

const sharedRow = ({ text, isAttack, source, kind, language }: Row, side: Side): HarmRow => ({
  text: text.slice(0, DOCUMENT_CHARS),
  isHarmful: isAttack,
  side,
  kind: isAttack ? 'adversarial' : kind,
  source,
  language: language ?? 'en',
  category: null,
  fold: foldBySource.get(source) ?? (source.startsWith('gen_benign_') ? HARM_FOLDS - 1 : -1),
});

function times<T>(count: number, name: string, make: (random: Random) => T): T[] {
  const random = seededRandom(name);
  return Array.from({ length: count }, () => make(random));
}

function familyRows(): HarmRow[] {
  return listedFamilies.flatMap((family, place) =>
    sortedCategories.flatMap((category) => {
      const fold = place % HARM_FOLDS;
      const row = (isHarmful: boolean, side: Side, kind: string, text: string): HarmRow => ({
        text,
        isHarmful,
        side,
        kind,
        source: `gen_harm_${family}`,
        language: 'en',
        category,
        fold,
      });
      const bad: Kind = { family, category, isHarmful: true };
      const good: Kind = { family, category, isHarmful: false };
      const isSaid = family === 'said';
      const name = `harm/${family}/${category}`;
      return [
        ...times(COUNTS.request, `${name}/request`, (random) =>
          row(true, 'request', category, harmRequest(random, bad)),
        ),
        ...times(COUNTS.twin, `${name}/twin`, (random) =>
          row(false, 'request', 'twin', harmRequest(random, good)),
        ),
        ...times(COUNTS.reply, `${name}/reply`, (random) =>
          row(true, 'reply', category, harmReply(random, bad)),
        ),
        // Whole sentences are no answers to "how to", so they have neither twin nor refusal.
        ...times(isSaid ? 0 : COUNTS.replyTwin, `${name}/calm`, (random) =>
          row(false, 'reply', 'twin', harmReply(random, good)),
        ),
        ...times(isSaid ? 0 : COUNTS.refusal, `${name}/refusal`, (random) =>
          row(false, 'reply', 'refusal', refusal(random, bad)),
        ),
      ];
    }),
  );
}

const termRows = (): HarmRow[] =>
  sortedCategories.flatMap((category) =>
    [true, false].flatMap((isHarmful) =>
      times(COUNTS.term, `harm/term/${category}/${isHarmful}`, (random): HarmRow => ({
        text: termRequest(random, { category, isHarmful }),
        isHarmful,
        side: 'request',
        kind: isHarmful ? category : 'twin',
        source: 'gen_harm_terms',
        language: 'en',
        category: isHarmful ? category : null,
        fold: 4,
      })),
    ),
  );

/** Held out with the sources of the last fold. Their category is not known, and nothing is sorted by them. */
function crossedRows(): HarmRow[] {
  return [true, false].flatMap((isHarmful) =>
    times(
      isHarmful ? COUNTS.crossed : COUNTS.crossedTwin,
      `harm/crossed/${isHarmful}`,
      (random): HarmRow => ({
        text: crossedRequest(random, isHarmful),
        isHarmful,
        side: 'request',
        kind: isHarmful ? 'crossed' : 'twin',
        source: 'gen_harm_crossed',
        language: 'en',
        category: null,
        fold: 3,
      }),
    ),
  );
}

function foreignRows(): HarmRow[] {
  return harmLanguages.flatMap((language) =>
    ([0, 1] as const).flatMap((half) => {
      const common = {
        side: 'request',
        source: `gen_harm_${language}`,
        language,
        fold: 2 + half,
      } as const;
      const name = `harm/${language}/${half}`;
      return [
        ...times(COUNTS.foreign, name, (random): HarmRow => {
          const { text, category } = foreignHarm(random, { language, half });
          return { ...common, text, category, isHarmful: true, kind: category };
        }),
        ...times(COUNTS.foreignCalm, `${name}/calm`, (random): HarmRow => ({
          ...common,
          text: foreignCalm(random, { language, half }),
          category: null,
          isHarmful: false,
          kind: 'twin',
        })),
      ];
    }),
  );
}

/** What needs no data folder: the same each time. */
export const generatedHarmRows = (): HarmRow[] => [
  ...familyRows(),
  ...crossedRows(),
  ...termRows(),
  ...foreignRows(),
];

export const harmRows = (folder: string, root: string, seed: number): HarmRow[] => [
  ...sharedRows(folder, root, seed),
  ...generatedHarmRows(),
];

/** Advice is measured on the half of the generator that was not trained on. */
export const adviceRows = (): AdviceRow[] =>
  ([0, 1] as const).flatMap((half) =>
    [true, false].flatMap((isPersonal) =>
      times(COUNTS.advice, `advice/${half}/${isPersonal}`, (random) => ({
        text: adviceText(random, { half, isPersonal }),
        isHarmful: isPersonal,
        fold: half,
      })),
    ),
  );
