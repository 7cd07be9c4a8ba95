/** What kinds of rows belong to which group of positions, and what counts as ordinary text there. */
import type { Row } from './rows.ts';

export type HeadName = 'user' | 'tool';
export const headNames = ['user', 'tool'] as const;

const TOOL_KINDS = new Set([
  'benign_doc_long',
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

/** How much a row counts for a head: both see everything, each mostly its own. */
export const headWeight = (head: HeadName, row: Row): number =>
  (head === 'tool') === isToolText(row) ? 1 : 0.4;

/** Kinds of ordinary text whose false positives set the lines of each group, each counted alike. */
export const ORDINARY: Readonly<Record<'user' | 'tool' | 'model', readonly string[]>> = {
  user: ['benign_chat', 'benign_code', 'benign_roleplay', 'benign_tool_prompt'],
  tool: ['benign_doc_long', 'benign_tool', 'benign_code'],
  model: ['benign_response', 'benign_chat', 'benign_code', 'benign_roleplay'],
};
