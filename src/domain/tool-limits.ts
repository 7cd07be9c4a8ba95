/** The tools that a call and its answer may use. */
export interface ToolLimits {
  /** Patterns of those that a role allows; null: all. */
  readonly tools: readonly string[] | null;
  /** Patterns of those that a rule denies, whatever is allowed. */
  readonly deniedTools: readonly string[];
}

export const limitsTools = ({ tools, deniedTools }: ToolLimits): boolean =>
  tools !== null || deniedTools.length > 0;
