/** One request in our words, whatever its dialect. */
import type { Action } from './action.ts';
import type { Content } from './content.ts';
import type { HeldState } from './held-state.ts';
import type { Opaque } from './passage.ts';
import type { ToolDefinition } from './tool-definition.ts';

export const dialectNames = [
  'openai-chat',
  'openai-responses',
  'openai-embeddings',
  'anthropic-messages',
] as const;
export type DialectName = (typeof dialectNames)[number];

/** What a deployment must be able to do to take the call. */
export type Feature = 'tools' | 'structured-output' | 'reasoning' | 'logprobs';

/** A name of an end user that is longer names nobody, and would not fit a record. */
export const END_USER_CHARS_MAX = 1_024;

export interface Call {
  readonly dialect: DialectName;
  readonly action: Exclude<Action, 'models'>;
  /** The model as the caller named it; an alias once it is granted. */
  readonly model: string;
  readonly isStreamed: boolean;
  /** The parsed body and every passage in it. The body is kept: it is what is sent on. */
  readonly content: Content;
  readonly maxOutputTokens: number | null;
  /** Parallel answers asked for (`n`). */
  readonly choices: number;
  readonly tools: readonly ToolDefinition[];
  readonly features: ReadonlySet<Feature>;
  readonly opaques: readonly Opaque[];
  /** What refers to state that the provider holds (`previous_response_id`, `file_id`, …). */
  readonly heldState: readonly HeldState[];
  /** Passages that nobody can read (`encrypted_content`); they pass and are recorded. */
  readonly sealedCount: number;
  /** Who the caller says the end user is. A dimension, never an owner. */
  readonly endUser: string | null;
  /** OpenAI chat only: whether the caller asked for the usage chunk that we ask for anyway. */
  readonly wantsStreamUsage: boolean;
}
