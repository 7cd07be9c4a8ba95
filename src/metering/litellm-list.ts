/**
 * LiteLLM's `model_prices_and_context_window.json`: an object of models, dollars for one token.
 * Where a price rises with the length of the prompt, the dearest stands for all: a budget that counts
 * too much holds, one that counts too little does not. Tiers of service other than the standard one
 * are passed over.
 */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { EntryFields, entryOf, type ListFormat, type Reading } from './imported-list.ts';

/** The line that explains the format. */
const SAMPLE = 'sample_spec';
/** What is billed by tokens. Images, speech and the rest are billed in other ways. */
const TOKEN_MODES: ReadonlySet<unknown> = new Set([
  undefined,
  'chat',
  'completion',
  'responses',
  'embedding',
]);
/** `input_cost_per_token_above_200k_tokens`; not `…_above_1hr`, which is a price of its own. */
const LONGER = /_above_[0-9]+k_tokens$/u;

export const litellmList: ListFormat = {
  name: 'litellm',

  entries(root) {
    if (!isJsonObject(root)) return null;
    return Object.entries(root).flatMap(([name, entry]): [string, JsonValue][] =>
      name === SAMPLE || entry === undefined ? [] : [[name, entry]],
    );
  },

  read(entry): Reading {
    if (!TOKEN_MODES.has(entry['mode'])) return null;
    if (entry['tiered_pricing'] !== undefined) {
      return { problem: 'its price depends on the length of the prompt (tiered_pricing)' };
    }
    if (entry['input_cost_per_token'] === undefined) return null;
    const fields = new EntryFields(entry);
    const withLonger = (key: string): string[] => [key, ...longer(entry, key)];
    const input = fields.perMTok(...withLonger('input_cost_per_token'));
    const output = fields.perMTok(...withLonger('output_cost_per_token')) ?? outputOf(entry);
    const listed = entryOf(input ?? '', output ?? '', {
      cacheReadPerMTok: fields.partPerMTok(...withLonger('cache_read_input_token_cost')),
      cacheWritePerMTok: fields.partPerMTok(...withLonger('cache_creation_input_token_cost')),
      cacheWriteLongPerMTok: fields.partPerMTok('cache_creation_input_token_cost_above_1hr'),
      reasoningPerMTok: fields.partPerMTok('output_cost_per_reasoning_token'),
      perImage: fields.perUse('input_cost_per_image'),
      perToolCall: searchPrice(entry, fields),
      outputTokensMax: fields.cap('max_output_tokens'),
      contextTokensMax: fields.cap('max_input_tokens'),
    });
    if (fields.problem !== null) return { problem: fields.problem };
    if (input === undefined || output === undefined) {
      return { problem: 'it has no price of output' };
    }
    const isTiered = Object.keys(entry).some((key) => LONGER.test(key));
    return isTiered
      ? { entry: listed, note: 'priced as its longest prompts are' }
      : { entry: listed };
  },
};

/** Embeddings have no output, and lists leave its price out. */
const outputOf = (entry: JsonObject): string | undefined =>
  entry['mode'] === 'embedding' ? '0' : undefined;

const longer = (entry: JsonObject, key: string): string[] =>
  Object.keys(entry).filter((name) => name.startsWith(`${key}_above_`) && LONGER.test(name));

/** A search costs by how much it reads; the dearest stands for all. */
function searchPrice(entry: JsonObject, fields: EntryFields): string | undefined {
  const sizes = entry['search_context_cost_per_query'];
  if (!isJsonObject(sizes)) return undefined;
  const search = new EntryFields(sizes);
  const price = search.perUse(...Object.keys(sizes));
  if (search.problem !== null)
    fields.problem ??= `search_context_cost_per_query: ${search.problem}`;
  return price;
}
