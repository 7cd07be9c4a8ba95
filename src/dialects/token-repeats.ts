/** What spells a chat answer a second time, token by token: no guard reads it, and an edit takes it along. */
import type { JsonObject } from '#stdx/json.ts';

/** Texts of tokens, and their numbers in the vocabulary of the model, which anybody can look up. */
const REPEATS = ['logprobs', 'token_ids', 'prompt_token_ids', 'prompt_logprobs'] as const;

/** Of a choice, or of what holds the choices. */
export const hasRepeats = (holder: JsonObject): boolean =>
  REPEATS.some((name) => (holder[name] ?? null) !== null);

/** Whether there was any. */
export function dropRepeats(...holders: readonly JsonObject[]): boolean {
  const held = holders.filter(hasRepeats);
  for (const holder of held) {
    for (const name of REPEATS) {
      if (holder[name] !== undefined) holder[name] = null;
    }
  }
  return held.length > 0;
}
