/**
 * The kind `Guard`: looks at text and says what it found. It decides nothing: the action belongs to
 * the rule that names the guard.
 *
 * The law that makes streams exact is *locality*: whether there is a finding that starts at `s`
 * depends only on the text from `s - LEFT_CONTEXT_CHARS` to the end of the finding and its look
 * ahead, never on another finding. `guard.contract.ts` tests it for every member.
 */
import type { z } from 'zod';

import type { Position } from '#domain/passage.ts';

/** How far left of a finding a guard may look. The stream window keeps this much of sent text. */
export const LEFT_CONTEXT_CHARS = 64;

export interface Finding {
  readonly category: string;
  /** UTF-16 offsets in the text that was inspected; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** 0..1: how sure the guard is. Deterministic detectors say 1. */
  readonly score: number;
  /**
   * The finding goes on while the text matches this class of characters (sticky, one character):
   * it is certain before its end is known, so a stream need not hold a long run back.
   */
  readonly runsOn?: RegExp;
}

export interface GuardContext {
  readonly tenant: string;
  readonly model: string;
  readonly position: Position;
  readonly signal: AbortSignal;
}

export interface Guard {
  readonly type: string;
  /** Every finding that starts at `from` or later, in any order. */
  inspect(text: string, from: number, context: GuardContext): readonly Finding[] | Promise<readonly Finding[]>;
  /**
   * The first offset at or after `from` where more text could still make, change or end a finding.
   * Findings that start before it are final. `text.length` when nothing is open.
   */
  openFrom(text: string, from: number): number;
}

export interface GuardType<Config extends z.ZodType = z.ZodType> {
  readonly type: string;
  readonly description: string;
  readonly config: Config;
  create(config: z.output<Config>): Guard;
}

/** Declares a member: its name, its schema, its constructor. `create` may throw `ConfigProblem`. */
export const defineGuard = <Config extends z.ZodType>(member: GuardType<Config>): GuardType<Config> =>
  member;
