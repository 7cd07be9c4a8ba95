/** A tool that a model wants to be run, in our words, whatever the dialect. */
import type { JsonValue } from '#stdx/json.ts';

export interface ToolCall {
  /** As the model wrote it; `''` where the answer names no tool. */
  readonly name: string;
  /**
   * Parsed where they are JSON, as nearly all are. What is not (a script for a shell, a cut document)
   * is the text itself.
   */
  readonly arguments: JsonValue;
}
