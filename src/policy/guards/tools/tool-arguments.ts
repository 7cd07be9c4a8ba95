/**
 * Holds the arguments of tools to a schema of the operator's. What a tool accepts and what a model
 * may ask of it are two things: a transfer tool takes any account, and this agent may pay three.
 */
import { z } from 'zod';

import { defineGuard } from '../guard.ts';
import { argumentSchema, compileSchema } from './argument-schema.ts';
import { concerns, toolsField } from './matcher.ts';

const config = z.strictObject({
  tools: toolsField,
  schema: argumentSchema.meta({
    description:
      'JSON Schema of the arguments: type, properties, required, additionalProperties, items, enum, const, lengths, ranges, pattern (RE2), format, anyOf, allOf.',
  }),
});

export const toolArgumentsGuard = defineGuard({
  type: 'tool-arguments',
  description: 'Tool calls in answers whose arguments do not fit a schema of the operator.',
  config,
  create({ tools, schema }) {
    const fits = compileSchema(schema);
    return {
      type: 'tool-arguments',
      detectors: [],
      tools: {
        judge: ({ name, arguments: value }) =>
          concerns(tools, name) && !fits(value) ? [{ category: 'arguments-unfit' }] : [],
      },
    };
  },
});
