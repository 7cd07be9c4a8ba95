/** What the thread of a classifier is told, and what it says. */
import type { ClassifierOptions } from '#policy/guards/guard.ts';

export interface ThreadOptions extends ClassifierOptions {
  /** Files of the packages, resolved: the thread looks nothing up. */
  readonly packages: { readonly runtime: string; readonly tokenizers: string };
}

export interface Question {
  readonly id: number;
  readonly text: string;
}

/** `problem` is a sentence of ours: what broke in there may quote the text. */
export type Said =
  | { readonly kind: 'ready' }
  | { readonly kind: 'unfit'; readonly problem: string }
  | { readonly kind: 'scores'; readonly id: number; readonly scores: readonly number[] }
  | { readonly kind: 'failed'; readonly id: number };
