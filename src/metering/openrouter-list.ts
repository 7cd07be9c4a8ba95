/** OpenRouter's answer at `/api/v1/models`: a list under `data`, dollars for one token as text. */
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { EntryFields, entryOf, type ListFormat, type Reading } from './imported-list.ts';

export const openrouterList: ListFormat = {
  name: 'openrouter',

  entries(root) {
    const data = isJsonObject(root) ? root['data'] : undefined;
    if (!Array.isArray(data)) return null;
    return data.map((entry, index): [string, JsonValue] => {
      const id = isJsonObject(entry) ? entry['id'] : undefined;
      return [typeof id === 'string' ? id : `data[${index}]`, entry];
    });
  },

  read(entry): Reading {
    const { pricing, id } = entry;
    if (typeof id !== 'string') return { problem: 'it has no id' };
    if (!isJsonObject(pricing)) return { problem: 'it has no `pricing`' };
    // -1 says that another model is chosen for every call.
    if (pricing['prompt'] === '-1') return { problem: 'its price depends on the call' };
    const fields = new EntryFields(pricing);
    const input = fields.perMTok('prompt');
    const output = fields.perMTok('completion');
    const perRequest = fields.perUse('request');
    const caps = new EntryFields(objectIn(entry, 'top_provider'));
    const listed = entryOf(input ?? '', output ?? '', {
      cacheReadPerMTok: fields.partPerMTok('input_cache_read'),
      cacheWritePerMTok: fields.partPerMTok('input_cache_write'),
      reasoningPerMTok: fields.partPerMTok('internal_reasoning'),
      perImage: fields.perUse('image'),
      perToolCall: fields.perUse('web_search'),
      outputTokensMax: caps.cap('max_completion_tokens'),
      contextTokensMax: new EntryFields(entry).cap('context_length'),
    });
    if (fields.problem !== null) return { problem: fields.problem };
    if (input === undefined || output === undefined) {
      return { problem: 'it has no price of tokens' };
    }
    // A price for the call itself has no place in ours, and without it the price would be too low.
    if (perRequest !== undefined) return { problem: 'it is billed for each request' };
    return { entry: listed };
  },
};

function objectIn(entry: JsonObject, key: string): JsonObject {
  const value = entry[key];
  return isJsonObject(value) ? value : {};
}
