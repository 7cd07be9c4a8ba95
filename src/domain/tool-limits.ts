/** The tools that a call and its answer may use. */
export interface ToolLimits {
  /** Lists of patterns: a tool must be in each of them. No lists: all tools. */
  readonly tools: readonly (readonly string[])[];
  /** Patterns of those that a rule denies, whatever is allowed. */
  readonly deniedTools: readonly string[];
}

export const limitsTools = ({ tools, deniedTools }: ToolLimits): boolean =>
  tools.length > 0 || deniedTools.length > 0;
