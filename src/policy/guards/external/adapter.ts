/**
 * How a service that judges text is asked, and what its answer means. Pure: the way to the service is
 * a port. An answer that is not understood is no answer: the guard is then unavailable.
 */
import type { Position } from '#domain/passage.ts';
import type { JsonValue } from '#stdx/json.ts';

import type { Finding } from '../guard.ts';

export interface Question {
  readonly text: string;
  readonly position: Position;
  readonly tenant: string;
  /** The alias that the caller named. */
  readonly model: string;
}

export interface AdapterSettings {
  /** The model of the service, where it has several. */
  readonly judge: string | null;
  readonly threshold: number;
  readonly language: string;
}

export interface Adapter {
  /** Below the configured URL. */
  readonly path: string;
  ask(question: Question, settings: AdapterSettings): JsonValue;
  /** Offsets are UTF-16 units of `text`. Throws where the answer is none. */
  read(answer: JsonValue, text: string, settings: AdapterSettings): readonly Finding[];
}

export const roleOf = (position: Position): 'assistant' | 'user' =>
  position === 'assistant' || position === 'reasoning' ? 'assistant' : 'user';

/** `Hate/Threatening` → `hate-threatening`: names of ours are lower case with hyphens. */
export const categoryOf = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/gu, '-')
    .replaceAll(/^-+|-+$/gu, '')
    .slice(0, 63) || 'unnamed';

/** A judgement of the whole text. */
export const wholeFinding = (text: string, category: string, score: number): Finding => ({
  category,
  start: 0,
  end: text.length,
  score,
});
