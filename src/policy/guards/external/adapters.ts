/** The services that we know how to ask. Formats are those of the vendors' own pages. */
import { z } from 'zod';

import type { Finding } from '../guard.ts';
import { type Adapter, categoryOf, roleOf, wholeFinding } from './adapter.ts';

const CATEGORIES_MAX = 256;
const score = z.number().min(0).max(1);

/** https://platform.openai.com/docs/api-reference/moderations and servers that speak it. */
const moderationAnswer = z.object({
  results: z
    .array(
      z.object({
        flagged: z.boolean(),
        categories: z.record(z.string(), z.boolean().nullable()),
        category_scores: z.record(z.string(), score),
      }),
    )
    .min(1),
});

const moderation: Adapter = {
  path: '/moderations',
  ask: ({ text }, { judge }) => ({ input: text, model: judge ?? 'omni-moderation-latest' }),
  read(answer, text, { threshold }) {
    const findings: Finding[] = [];
    for (const { flagged, categories, category_scores: scores } of moderationAnswer.parse(answer)
      .results) {
      const before = findings.length;
      for (const [name, value] of Object.entries(scores).slice(0, CATEGORIES_MAX)) {
        const isOver = categories[name] === true || value >= threshold;
        if (isOver) findings.push(wholeFinding(text, categoryOf(name), value));
      }
      if (flagged && findings.length === before) findings.push(wholeFinding(text, 'flagged', 1));
    }
    return findings;
  },
};

/** Hazards of Llama Guard 3 (its model card), after the MLCommons list. */
const HAZARDS: Readonly<Record<string, string>> = {
  S1: 'violent-crimes',
  S2: 'non-violent-crimes',
  S3: 'sex-crimes',
  S4: 'child-exploitation',
  S5: 'defamation',
  S6: 'specialized-advice',
  S7: 'privacy',
  S8: 'intellectual-property',
  S9: 'weapons',
  S10: 'hate',
  S11: 'self-harm',
  S12: 'sexual-content',
  S13: 'elections',
  S14: 'code-interpreter-abuse',
};

const chatAnswer = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string().max(4_096) }) })).min(1),
});

const llamaGuard: Adapter = {
  path: '/chat/completions',
  ask: ({ text, position }, { judge }) => ({
    model: judge ?? 'llama-guard-3',
    messages: [{ role: roleOf(position), content: text }],
    temperature: 0,
    max_tokens: 64,
  }),
  read(answer, text) {
    const [choice] = chatAnswer.parse(answer).choices;
    const lines = (choice?.message.content ?? '').trim().split(/\s*\n\s*/u);
    const [verdict, codes = ''] = lines;
    if (verdict === 'safe') return [];
    // A judge that talks instead of judging has not passed the text.
    if (verdict !== 'unsafe') throw new Error('neither safe nor unsafe');
    const names = codes.split(/\s*,\s*/u).filter((code) => code !== '');
    const categories = names.map((code) => HAZARDS[code.toUpperCase()] ?? categoryOf(code));
    return (categories.length === 0 ? ['unsafe'] : categories)
      .slice(0, CATEGORIES_MAX)
      .map((category) => wholeFinding(text, category, 1));
  },
};

/** https://microsoft.github.io/presidio/api-docs/ (analyzer). Python counts code points. */
const presidioAnswer = z.array(
  z.object({
    entity_type: z.string().min(1),
    start: z.int().min(0),
    end: z.int().min(0),
    score,
  }),
);

const presidio: Adapter = {
  path: '/analyze',
  ask: ({ text }, { language, threshold }) => ({ text, language, score_threshold: threshold }),
  read(answer, text) {
    const places = presidioAnswer.parse(answer);
    const unitOf = utf16Offsets(text);
    return places.map(({ entity_type: type, start, end, score: value }) => {
      const span = { start: unitOf(start), end: unitOf(end) };
      return { ...checked(span, text), category: categoryOf(type), score: value };
    });
  },
};

/** https://docs.lakera.ai/docs/api/guard */
const lakeraAnswer = z.object({
  flagged: z.boolean(),
  breakdown: z
    .array(z.object({ detector_type: z.string().min(1), detected: z.boolean() }))
    .max(1_000)
    .default([]),
});

const lakera: Adapter = {
  path: '/v2/guard',
  ask: ({ text, position }) => ({
    messages: [{ role: roleOf(position), content: text }],
    breakdown: true,
  }),
  read(answer, text) {
    const { flagged, breakdown } = lakeraAnswer.parse(answer);
    if (!flagged) return [];
    const detected = breakdown.filter((one) => one.detected);
    const names = [...new Set(detected.map((one) => categoryOf(one.detector_type)))];
    return (names.length === 0 ? ['flagged'] : names).map((name) => wholeFinding(text, name, 1));
  },
};

/** Our own: `{text, position, tenant, model}` → `{findings: [{category, start, end, score}]}`. */
const webhookAnswer = z.strictObject({
  findings: z
    .array(
      z.strictObject({
        category: z.string().min(1).max(256),
        start: z.int().min(0),
        end: z.int().min(0),
        score: score.default(1),
      }),
    )
    .max(10_000),
});

const webhook: Adapter = {
  path: '',
  ask: ({ text, position, tenant, model }) => ({ text, position, tenant, model }),
  read: (answer, text) =>
    webhookAnswer.parse(answer).findings.map((found) => ({
      ...found,
      ...checked(found, text),
      category: categoryOf(found.category),
    })),
};

/** A span outside the text is an answer about another text. */
function checked(span: { start: number; end: number }, text: string): typeof span {
  if (span.start >= span.end || span.end > text.length) throw new Error('a span outside the text');
  return { start: span.start, end: span.end };
}

/** From code points to UTF-16 units; the table is made only where the two differ. */
function utf16Offsets(text: string): (codePoint: number) => number {
  if (!/[\u{10000}-\u{10FFFF}]/u.test(text)) return (at) => at;
  const offsets = [0];
  for (const character of text) offsets.push((offsets.at(-1) ?? 0) + character.length);
  return (at) => offsets[at] ?? text.length + 1;
}

export const adapterNames = [
  'openai-moderation',
  'llama-guard',
  'presidio',
  'lakera',
  'webhook',
] as const;
export type AdapterName = (typeof adapterNames)[number];

export const adapters: Readonly<Record<AdapterName, Adapter>> = {
  'openai-moderation': moderation,
  'llama-guard': llamaGuard,
  presidio,
  lakera,
  webhook,
};
