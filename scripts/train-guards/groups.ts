/** What kinds of rows belong to which group of positions, and what counts as ordinary text there. */
import type { Row } from './rows.ts';

export type HeadName = 'user' | 'tool';
export const headNames = ['user', 'tool'] as const;

const TOOL_KINDS = new Set([
  'benign_doc_long',
  'benign_code_file',
  'benign_tool',
  'benign_response',
  'benign_encoded',
  'security_writing',
  'indirect',
  'indirect_base',
  'indirect_enh',
  'indirect_ml',
]);

export const isToolText = ({ kind }: Row): boolean => TOOL_KINDS.has(kind);

/** What a row of each kind and source counts for `user`: a small source more than its size, but not as much as a large one. */
export type SourceWeights = ReadonlyMap<string, number>;
const SOURCE_WEIGHT_MAX = 4;
const nameOf = ({ kind, source }: Row): string => `${kind}/${source}`;

export function sourceWeights(rows: readonly Row[]): SourceWeights {
  const groups = Map.groupBy(rows, nameOf);
  const mean = rows.length / groups.size;
  return new Map(
    [...groups].map(([name, { length }]) => [
      name,
      Math.min(SOURCE_WEIGHT_MAX, Math.sqrt(mean / length)),
    ]),
  );
}

/** Of the generators' sentences there are many, and few frames: they must not outvote what people wrote. */
const GENERATED_FOR_TOOLS = 0.2;

/** Writing that quotes attacks taught `user` little about other writing, and cost it attacks. */
const FOR_TOOLS_ALONE = /_(?:notes|lessons)$|^gen_security$/u;
/** What stands around quotations is judged alone, for users; frames and attacks that pose as quotations. */
const FOR_USERS_ALONE =
  /_frame$|^gen_(?:dressed$|descriptions$|soft_|secret_games$|prompt_asks$|forced_outputs$|turned$|twin_|several$|requests$|docs$|asked$|played$|prose$|talk$|tasks$)/u;

/**
 * Much of what tools read and of instruction sets is alike, and none of it is what a user attacks with:
 * at its full weight it only makes `user` doubt more.
 */
const LESS_FOR_USERS = /^(?:gpteacher|injecagent|syn_indirect|gen_tool_|gen_carrier|gen_security)/u;
const LESS = 0.4;

/** Rows that measure and are never trained on, not even in the end. */
const isMeasure = ({ source }: Row): boolean => source.startsWith('measured_');

/** How much a row counts for a head. People paste documents, so `user` has to know them all. */
export function headWeight(head: HeadName, row: Row, ofSource: SourceWeights): number {
  if (isMeasure(row)) return 0;
  if (head === 'user') {
    if (FOR_TOOLS_ALONE.test(row.source)) return 0;
    const less = LESS_FOR_USERS.test(row.source) ? LESS : 1;
    return less * (isToolText(row) && row.isAttack ? 0.5 : 1) * (ofSource.get(nameOf(row)) ?? 1);
  }
  if (FOR_USERS_ALONE.test(row.source)) return 0;
  return (isToolText(row) ? 1 : 0.4) * (row.source.startsWith('gen_') ? GENERATED_FOR_TOOLS : 1);
}

/** Writing about attacks quotes whole ones: with more weight than this it costs as many attacks as it saves pages. */
const NOTES_FOR_TOOLS = 0.3;
const isNotes = ({ source }: Row): boolean => source.endsWith('_notes');

/** How much a row counts for the judge on top of a head; 0 leaves it out. */
export function judgeWeight(head: HeadName, row: Row): number {
  if (isMeasure(row)) return 0;
  if (head === 'tool') return isToolText(row) ? (isNotes(row) ? NOTES_FOR_TOOLS : 1) : 0;
  if (isNotes(row) || FOR_TOOLS_ALONE.test(row.source)) return 0;
  if (!isToolText(row)) return 1;
  return row.isAttack ? 0.15 : 0.6;
}

export interface Ordinary {
  /** Kinds, or kinds of one source, that are counted alike: their mean is the false-positive rate. */
  readonly usual: readonly string[];
  /** Texts that are made to be hard, and the share of them that may be above the alert line. */
  readonly hard: Readonly<Record<string, number>>;
  /** How far the block line is above the alert line at the least. */
  readonly apart: number;
}

/** What sets the lines of each group. */
export const ORDINARY: Readonly<Record<'user' | 'tool' | 'model', Ordinary>> = {
  user: {
    // A coding agent's day comes to 1.8 above the alert line at the most (fifty thousand texts): none is stopped.
    apart: 2.6,
    usual: [
      'benign_chat',
      'benign_code',
      'benign_roleplay/gpteacher',
      'benign_tool_prompt',
      'benign_doc_long',
      'benign_code_file',
      'benign_tool/injecagent',
    ],
    hard: {
      benign_chat: 0.011,
      'benign_chat/wg_other_safe': 0.033,
      benign_doc_long: 0.012,
      'benign_roleplay/p_awesome-chatgpt': 0.09,
      // Of such texts six in a hundred may be flagged; these are easier than others'.
      'overdefense/syn_trigger_neg': 0.03,
      'benign_roleplay/gpteacher': 0.01,
      'benign_ml/syn_ml_neg': 0.02,
      benign_code: 0.007,
    },
  },
  tool: {
    apart: 0.5,
    usual: [
      'benign_doc_long',
      'benign_tool/injecagent',
      'benign_code',
      'benign_response',
      'benign_code_file',
    ],
    hard: { 'benign_tool/syn_indirect_neg': 0.028, benign_doc_long: 0.012 },
  },
  model: {
    apart: 0.5,
    usual: [
      'benign_response',
      'benign_chat',
      'benign_code',
      'benign_roleplay/gpteacher',
      'benign_doc_long',
    ],
    hard: {
      'benign_chat/wg_other_safe': 0.025,
      'benign_roleplay/p_awesome-chatgpt': 0.06,
      benign_response: 0.005,
      benign_code: 0.007,
    },
  },
};
