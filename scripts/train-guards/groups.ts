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

/** How much a row counts for a head. People paste documents, so `user` has to know them all. */
export function headWeight(head: HeadName, row: Row): number {
  if (head === 'user') return isToolText(row) && row.isAttack ? 0.5 : 1;
  return isToolText(row) ? 1 : 0.4;
}

/** How much a row counts for the judge on top of a head; 0 leaves it out. */
export function judgeWeight(head: HeadName, row: Row): number {
  if (head === 'tool') return isToolText(row) ? 1 : 0;
  if (!isToolText(row)) return 1;
  return row.isAttack ? 0.15 : 0.6;
}

export interface Ordinary {
  /** Kinds, or kinds of one source, that are counted alike: their mean is the false-positive rate. */
  readonly usual: readonly string[];
  /** Texts that are made to be hard, and the share of them that may be above the alert line. */
  readonly hard: Readonly<Record<string, number>>;
}

/** What sets the lines of each group. */
export const ORDINARY: Readonly<Record<'user' | 'tool' | 'model', Ordinary>> = {
  user: {
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
      'benign_chat/wg_other_safe': 0.033,
      benign_doc_long: 0.012,
      'benign_roleplay/p_awesome-chatgpt': 0.09,
      'overdefense/syn_trigger_neg': 0.02,
    },
  },
  tool: {
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
    usual: [
      'benign_response',
      'benign_chat',
      'benign_code',
      'benign_roleplay/gpteacher',
      'benign_doc_long',
    ],
    hard: { 'benign_chat/wg_other_safe': 0.025, 'benign_roleplay/p_awesome-chatgpt': 0.06 },
  },
};
