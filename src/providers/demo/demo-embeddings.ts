/**
 * Deterministic embeddings: every word adds to a few dimensions, and the sum has length 1. Texts that
 * share words are near each other, which is enough to try a search with.
 */
import { createHash } from 'node:crypto';

import type { JsonObject, JsonValue } from '#stdx/json.ts';

import { estimatedTokens } from './demo-reply.ts';

const DIMENSIONS_DEFAULT = 64;
const DIMENSIONS_MAX = 4_096;
/** Words of a text that count, so that the work is bounded by the size of the body. */
const WORDS_MAX = 512;
const INPUTS_MAX = 2_048;

export function embeddingsReply(body: JsonObject, model: string): JsonObject {
  const { input, dimensions, encoding_format: format } = body;
  const texts = textsOf(input).slice(0, INPUTS_MAX);
  const wanted = typeof dimensions === 'number' ? Math.trunc(dimensions) : DIMENSIONS_DEFAULT;
  const count = Math.min(Math.max(wanted, 1), DIMENSIONS_MAX);
  const data = texts.map((text, index) => {
    const vector = vectorOf(text, count);
    const embedding = format === 'base64' ? base64Of(vector) : [...vector];
    return { object: 'embedding', index, embedding };
  });
  const tokens = texts.reduce((sum, text) => sum + estimatedTokens(text.length), 0);
  return { object: 'list', data, model, usage: { prompt_tokens: tokens, total_tokens: tokens } };
}

function textsOf(input: JsonValue | undefined): string[] {
  if (typeof input === 'string') return [input];
  return Array.isArray(input) ? input.filter((item) => typeof item === 'string') : [];
}

function vectorOf(text: string, count: number): Float32Array {
  const sum = new Float64Array(count);
  const words = text.toLowerCase().match(/[\p{L}\p{N}]{1,64}/gu) ?? [];
  for (const word of words.slice(0, WORDS_MAX)) {
    const hash = createHash('sha256').update(word).digest();
    for (let at = 0; at < 24; at += 3) {
      const index = hash.readUInt16LE(at) % count;
      sum[index] = (sum[index] ?? 0) + (hash.readInt8(at + 2) + 0.5) / 128;
    }
  }
  const length = Math.hypot(...sum);
  // A text without words has a direction too: a vector of length 0 breaks every search.
  if (length === 0) sum[0] = 1;
  return Float32Array.from(sum, (value) => value / (length === 0 ? 1 : length));
}

const base64Of = (vector: Float32Array): string =>
  Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
