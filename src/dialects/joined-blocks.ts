/**
 * What a translation makes one text of is one text to the guards: a word may be cut between two
 * blocks, and the client of another dialect gets it whole.
 */
import type { DialectName } from '#domain/call.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';

import { listAt, stringOr } from './fields.ts';

/** Chat has one field for all text of an answer, and one for all of its thinking. */
export const joinsBlocks = (client: DialectName): boolean => client === 'openai-chat';

/** Blocks by their type, and the field that their text stands in. */
const TEXT_BLOCKS: ReadonlyMap<unknown, string> = new Map([
  ['text', 'text'],
  ['thinking', 'thinking'],
]);

/** Of a whole answer: the first block of a type takes the text of all, as the client will get it. */
export function joinBlocks(body: JsonObject): void {
  const firsts = new Map<string, JsonObject>();
  body['content'] = listAt(body, 'content').filter((block) => {
    const field = isJsonObject(block) ? TEXT_BLOCKS.get(block['type']) : undefined;
    if (field === undefined || !isJsonObject(block)) return true;
    const first = firsts.get(field);
    if (first === undefined) {
      firsts.set(field, block);
      return true;
    }
    first[field] = stringOr(first[field], '') + stringOr(block[field], '');
    return false;
  });
}
