/** Which tools a rule is about. */
import { z } from 'zod';

import { matchesGlob } from '../../access/glob.ts';

export const toolsField = z
  .array(z.string().min(1).max(256))
  .min(1)
  .max(1_000)
  .meta({ description: 'Names of tools; * stands for any characters.' });

/** A call without a name could be of any tool, so that every rule is about it. */
export const concerns = (patterns: readonly string[], tool: string): boolean =>
  tool === '' || patterns.some((pattern) => matchesGlob(pattern, tool));
