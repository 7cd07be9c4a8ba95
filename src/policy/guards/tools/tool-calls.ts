/** Finds every call of the tools that it names: to count them, to forbid them, or to ask a person. */
import { z } from 'zod';

import { defineGuard } from '../guard.ts';
import { concerns, toolsField } from './matcher.ts';

const config = z.strictObject({ tools: toolsField });

export const toolCallsGuard = defineGuard({
  type: 'tool-calls',
  description: 'Tool calls in answers, by the name of the tool.',
  config,
  create: ({ tools }) => ({
    type: 'tool-calls',
    detectors: [],
    tools: {
      judge: ({ name }) => (concerns(tools, name) ? [{ category: 'tool-called' }] : []),
    },
  }),
});
