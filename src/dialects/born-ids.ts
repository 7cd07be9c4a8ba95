/**
 * Ids of state that a provider's answer says it now holds: read out of the few places where the
 * provider itself writes them. Echoes of the request (`previous_response_id`, `tools`) and text of
 * the model are none of them: a caller could choose those.
 */
import type { BornId } from '#domain/held-state.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '#stdx/json.ts';

import { listAt, objectAt } from './fields.ts';

/** Longer than any vendor's. A longer one is not kept, and so it is refused when it comes back. */
const ID_CHARS_MAX = 512;

class BornIds {
  readonly all: BornId[] = [];

  add(kind: BornId['kind'], id: JsonValue | undefined, needsStore = false): void {
    if (typeof id !== 'string' || id === '' || id.length > ID_CHARS_MAX) return;
    this.all.push({ kind, id, needsStore });
  }
}

/** Items whose text is in the answer, whole: only a store makes their ids mean something. */
const SPELT_OUT: ReadonlySet<JsonValue | undefined> = new Set([
  'message',
  'function_call',
  'custom_tool_call',
  'reasoning',
]);

export function responsesBornIds(wire: JsonObject): readonly BornId[] {
  const born = new BornIds();
  const response = wire['object'] === 'response' ? wire : objectAt(wire, 'response');
  if (response !== null) {
    born.add('previous-response', response['id'], true);
    born.add('conversation', objectAt(response, 'conversation')?.['id']);
    for (const item of listAt(response, 'output')) addItem(item, born);
  }
  addItem(wire['item'], born);
  born.add('item', wire['item_id'], true);
  addPart(wire['part'], born);
  addAnnotation(wire['annotation'], born);
  return born.all;
}

function addItem(item: JsonValue | undefined, born: BornIds): void {
  if (!isJsonObject(item)) return;
  born.add('item', item['id'], SPELT_OUT.has(item['type']));
  born.add('container', item['container_id']);
  born.add('container', objectAt(item, 'environment')?.['container_id']);
  if (item['type'] !== 'message') return;
  for (const part of listAt(item, 'content')) addPart(part, born);
}

function addPart(part: JsonValue | undefined, born: BornIds): void {
  for (const annotation of listAt(part, 'annotations')) addAnnotation(annotation, born);
}

/** A file that a tool wrote. One that was found by a search was there before, and is not theirs. */
function addAnnotation(annotation: JsonValue | undefined, born: BornIds): void {
  if (!isJsonObject(annotation) || annotation['type'] !== 'container_file_citation') return;
  born.add('container', annotation['container_id']);
  born.add('file', annotation['file_id']);
}

export function chatBornIds(wire: JsonObject): readonly BornId[] {
  const born = new BornIds();
  born.add('store', wire['id'], true);
  for (const choice of listAt(wire, 'choices')) {
    const message = objectAt(choice, 'message') ?? objectAt(choice, 'delta');
    born.add('audio', objectAt(message ?? {}, 'audio')?.['id']);
  }
  return born.all;
}

export function anthropicBornIds(wire: JsonObject): readonly BornId[] {
  const born = new BornIds();
  const message = wire['type'] === 'message' ? wire : objectAt(wire, 'message');
  born.add('container', objectAt(message ?? {}, 'container')?.['id']);
  born.add('container', objectAt(objectAt(wire, 'delta') ?? {}, 'container')?.['id']);
  for (const block of listAt(message ?? {}, 'content')) addBlock(block, born);
  addBlock(wire['content_block'], born);
  return born.all;
}

const EXECUTED = /^(?:bash_|text_editor_)?code_execution_tool_result$/u;

/** Files that code wrote in the provider's container. */
function addBlock(block: JsonValue | undefined, born: BornIds): void {
  const type = isJsonObject(block) ? block['type'] : undefined;
  if (typeof type !== 'string' || !EXECUTED.test(type)) return;
  for (const output of listAt(objectAt(block, 'content') ?? {}, 'content')) {
    if (isJsonObject(output)) born.add('file', output['file_id']);
  }
}
