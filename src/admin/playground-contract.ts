/** What the playground of the admin API tells of a call, event by event. */
export const playgroundDialects = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
] as const;
export type PlaygroundDialect = (typeof playgroundDialects)[number];

/** `head`: the answer of the data plane begins. */
export interface PlaygroundHead {
  readonly status: number;
  /** By which its records are found; null: it was refused before it had one. */
  readonly requestId: string | null;
  /** Those that tell of limits, cost and the gateway. */
  readonly headers: Readonly<Record<string, string>>;
}

/** `text`: more of its body, as the data plane sent it. */
export interface PlaygroundText {
  readonly text: string;
}

/** `done`: the body is whole. `problem`: it is not, and why. */
export interface PlaygroundEnd {
  readonly ms: number;
  readonly problem: 'busy' | 'late' | 'too-long' | 'broken' | null;
}
