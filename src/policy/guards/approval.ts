/** Tool calls that a rule would block, and a person may let through. */
import type { ToolCall } from '#domain/tool-call.ts';
import type { Cancellation } from '#stdx/cancellation.ts';

export interface Question {
  readonly tenant: string;
  /** A user or a key; null where the proof names neither. */
  readonly owner: string | null;
  readonly model: string;
  /** As it would be acted upon. */
  readonly call: ToolCall;
  /** Every rule that would block it, once a category. */
  readonly reasons: readonly { readonly guard: string; readonly category: string }[];
  readonly withinMs: number;
}

/** Who is asked. Resolves with `false` when nobody answers in time, and when the caller leaves. */
export interface Approvals {
  ask(question: Question, cancellation: Cancellation): Promise<boolean>;
}
