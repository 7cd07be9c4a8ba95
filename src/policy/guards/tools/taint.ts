/**
 * Follows where values come from. A model that reads a poisoned page and then calls a tool with an
 * address from it looks like any other call, whatever the wording was, in any language: what tells
 * it apart is that the address stands in what was read, and nobody who gives orders wrote it.
 *
 * Deterministic: the same call gives the same answer. It does not see a value that the model spells
 * another way (decoded, translated, put together from two texts).
 */
import { setImmediate } from 'node:timers/promises';

import { z } from 'zod';

import { positions } from '#domain/passage.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

import { matchesGlob } from '../../access/glob.ts';
import { defineGuard, type ToolContext, type ToolFinding } from '../guard.ts';
import { type CarriedValue, carriedValues, valueKinds } from './carried-values.ts';
import { concerns, toolsField } from './matcher.ts';
import { ReadTexts } from './read-texts.ts';

/** Characters searched in one go; between two goes everybody else has a turn. */
const CHARS_AT_ONCE = 8_000_000;

const config = z.strictObject({
  tools: toolsField.prefault(['*']),
  values: z
    .array(z.enum(valueKinds))
    .min(1)
    .max(valueKinds.length)
    .default(['host', 'email', 'iban', 'command'])
    .meta({ description: 'What is followed: host, url, email, iban, path, command.' }),
  from: z
    .array(z.enum(positions))
    .min(1)
    .max(positions.length)
    .default(['tool-result', 'document'])
    .meta({ description: 'Positions whose text nobody vouches for.' }),
  allow: z.array(z.string().min(1).max(1_024).toLowerCase()).max(1_000).default([]).meta({
    description:
      'Hosts (of addresses and e-mail too) and values that may come from anywhere; * stands for any characters.',
  }),
});

export const taintGuard = defineGuard({
  type: 'taint',
  description:
    'Tool calls in answers that carry a value first seen in text that nobody vouches for.',
  config,
  create({ tools, values: kinds, from, allow }) {
    const wanted = new Set(kinds);
    const foreign = new Set(from);
    const isAllowed = ({ owner }: CarriedValue): boolean =>
      allow.some((pattern) => matchesGlob(pattern, owner.toLowerCase()));
    const texts = new WeakMap<ToolContext, ReadTexts>();
    const textsOf = (context: ToolContext): ReadTexts => {
      const known = texts.get(context);
      if (known !== undefined) return known;
      const made = new ReadTexts(context.request, foreign);
      texts.set(context, made);
      return made;
    };
    return {
      type: 'taint',
      detectors: [],
      tools: {
        judge({ name, arguments: value }, context) {
          if (!concerns(tools, name)) return [];
          const { values, hasMore } = carriedValues(value, wanted);
          if (hasMore) return [{ category: 'too-many-values' }];
          const asked = values.filter((one) => !isAllowed(one));
          return asked.length === 0 ? [] : tainted(asked, textsOf(context));
        },
      },
    };
  },
});

const findingOf = ({ kind, text }: CarriedValue): ToolFinding => ({
  category: `tainted-${kind}`,
  value: text,
});

function tainted(
  values: readonly CarriedValue[],
  read: ReadTexts,
): MaybePromise<readonly ToolFinding[]> {
  if (read.chars * values.length <= CHARS_AT_ONCE) {
    return values.filter((value) => read.isTainted(value)).map(findingOf);
  }
  return slowly(values, read);
}

async function slowly(
  values: readonly CarriedValue[],
  read: ReadTexts,
): Promise<readonly ToolFinding[]> {
  const findings: ToolFinding[] = [];
  for (const value of values) {
    if (read.isTainted(value)) findings.push(findingOf(value));
    // oxlint-disable-next-line no-await-in-loop -- giving way between two values is the purpose
    await setImmediate();
  }
  return findings;
}
