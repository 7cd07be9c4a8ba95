/** A language of the generator: how things are asked, and what. */
import type { SortedCategory } from '#policy/guards/harm/categories.ts';

export interface Foreign {
  readonly frames: readonly string[];
  readonly harm: Readonly<Partial<Record<SortedCategory, readonly [string, string]>>>;
  readonly calm: readonly string[];
}
