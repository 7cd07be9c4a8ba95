/** A tool that a call declares: the model may ask for it. */
import type { JsonValue } from '#stdx/json.ts';

export interface ToolDefinition {
  /** `''` where it has none. */
  readonly name: string;
  /** All that was declared, in the words of its dialect. One that has two names is listed twice. */
  readonly declared: JsonValue;
}
