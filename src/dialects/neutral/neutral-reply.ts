/** A reply between two dialects, whole and as a stream. Used to translate, and by the demo. */

/** The names under which a translated reply is told to the client. */
export interface ReplyContext {
  readonly model: string;
  readonly requestId: string;
  readonly createdS: number;
  /** Chat streams only: whether the client asked for the usage chunk. */
  readonly includeUsage?: boolean;
}

export type Finish = 'stop' | 'stop-sequence' | 'length' | 'tool-calls' | 'content-filter';

/** Every input token is in `inputTokens`, those that a cache held too. */
export interface NeutralUsage {
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly cacheReadTokens: number;
  readonly cacheWriteTokens: number;
  readonly reasoningTokens: number;
}

export const NO_USAGE: NeutralUsage = {
  inputTokens: 0,
  outputTokens: 0,
  cacheReadTokens: 0,
  cacheWriteTokens: 0,
  reasoningTokens: 0,
};

export type ReplyPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'refusal'; readonly text: string }
  | { readonly kind: 'reasoning'; readonly text: string; readonly signature: string | null }
  | {
      readonly kind: 'tool-call';
      readonly id: string;
      readonly name: string;
      readonly argumentsJson: string;
    };

export interface NeutralReply {
  readonly parts: readonly ReplyPart[];
  readonly ending: Ending;
}

export interface Ending {
  readonly finish: Finish;
  readonly stopSequence: string | null;
  /** Null where the provider did not say. */
  readonly usage: NeutralUsage | null;
}

export type OpenPart =
  | { readonly kind: 'text' }
  | { readonly kind: 'refusal' }
  | { readonly kind: 'reasoning' }
  | { readonly kind: 'tool-call'; readonly id: string; readonly name: string };

/**
 * One step of a streamed reply. Parts are numbered from 0 in the order in which they open; each is
 * opened once and closed once. `end` comes last, or `failure` does, or the stream was cut.
 */
export type ReplyStep =
  | { readonly type: 'start'; readonly usage: NeutralUsage | null }
  | { readonly type: 'open'; readonly index: number; readonly part: OpenPart }
  | { readonly type: 'delta'; readonly index: number; readonly text: string }
  | { readonly type: 'signature'; readonly index: number; readonly signature: string }
  | { readonly type: 'close'; readonly index: number }
  | { readonly type: 'end'; readonly ending: Ending }
  | { readonly type: 'failure' };

/** What a client is told when the provider says, in the middle of a stream, that it failed. */
export const STREAM_FAILURE = 'The model provider failed.';

/** Text that one streamed reply may make us hold, in UTF-16 code units, over all its parts. */
export const HELD_CHARS_MAX = 4 * 1_024 * 1_024;
