/**
 * A chat call between two dialects: what both sides can say, and where it stood.
 *
 * Used only to translate. Every value that the other side may be unable to take carries the path it
 * was read from, so that a refusal names the caller's own field. Nothing here is optional: a field
 * that a reader forgets does not compile.
 */
import type { JsonObject } from '#stdx/json.ts';

/** A value and the field it was given in. */
export interface Given<T> {
  readonly value: T;
  readonly path: string;
}

export interface TextPart {
  readonly kind: 'text';
  readonly text: string;
  readonly path: string;
}

export interface ImagePart {
  readonly kind: 'image';
  readonly source:
    | { readonly url: string }
    | { readonly mediaType: string; readonly base64: string };
  readonly path: string;
}

export interface ToolCallPart {
  readonly kind: 'tool-call';
  readonly id: string;
  readonly name: string;
  /** As the model wrote it; a JSON document, or not. */
  readonly argumentsJson: string;
  readonly path: string;
}

export interface ToolResultPart {
  readonly kind: 'tool-result';
  readonly id: string;
  readonly parts: readonly (TextPart | ImagePart)[];
  readonly isError: boolean;
  readonly path: string;
}

/** Readable thinking. A signature binds it to the vendor that wrote it. */
export interface ReasoningPart {
  readonly kind: 'reasoning';
  readonly text: string;
  readonly signature: string | null;
  readonly path: string;
}

export interface RefusalPart {
  readonly kind: 'refusal';
  readonly text: string;
  readonly path: string;
}

export type NeutralPart =
  | TextPart
  | ImagePart
  | ToolCallPart
  | ToolResultPart
  | ReasoningPart
  | RefusalPart;

export interface NeutralMessage {
  readonly role: 'system' | 'user' | 'assistant';
  readonly parts: readonly NeutralPart[];
}

export interface NeutralTool {
  readonly name: string;
  readonly description: string | null;
  readonly schema: JsonObject;
  readonly isStrict: boolean;
}

export type ToolChoice = 'auto' | 'none' | 'required' | { readonly name: string };

/** An answer that must fit a JSON schema. */
export interface OutputSchema {
  /** A label that only OpenAI has; `null` where the source has none. */
  readonly name: string | null;
  readonly description: Given<string> | null;
  readonly schema: JsonObject;
  readonly isStrict: boolean;
}

export interface NeutralCall {
  readonly messages: readonly NeutralMessage[];
  readonly tools: readonly NeutralTool[];
  readonly toolChoice: ToolChoice | null;
  readonly isParallel: boolean | null;
  readonly outputTokensMax: number | null;
  readonly temperature: Given<number> | null;
  readonly topP: number | null;
  readonly stop: Given<readonly string[]> | null;
  readonly isStreamed: boolean;
  /** Who the caller says the end user is. */
  readonly user: string | null;
  readonly outputSchema: OutputSchema | null;
  /** JSON of any shape. OpenAI has it, Anthropic has not. */
  readonly jsonOnly: Given<true> | null;
  readonly effort: Given<string> | null;
  readonly verbosity: Given<string> | null;
  readonly serviceTier: Given<string> | null;
  readonly promptCacheKey: string | null;
}

/** A call that was read, and the first field that has no counterpart on any side. */
export interface CallReading {
  readonly call: NeutralCall;
  readonly refusedField: string | null;
}
