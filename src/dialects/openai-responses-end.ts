/**
 * What a Responses stream has opened, so that a block can close it as the vendor would: the open
 * part and item are finished with the text that was sent, then `response.incomplete`.
 */
import type { StopCause } from './dialect.ts';
import type { Usage } from '#domain/money.ts';
import { isJsonObject, type JsonObject } from '#stdx/json.ts';

import { objectAt, stringOr } from './fields.ts';

/** The text of an open item is kept for its closing events. Beyond this it is closed without. */
const SENT_CHARS_MAX = 1_048_576;

export interface OwnEvent {
  readonly type: string;
  readonly members: JsonObject;
}

interface OpenItem {
  readonly item: JsonObject;
  readonly outputIndex: number;
  readonly parts: Map<number, string>;
}

export class OpenResponse {
  #response: JsonObject = { object: 'response' };
  #open: OpenItem | null = null;
  #sentChars = 0;

  observe(type: string, wire: JsonObject): void {
    const response = objectAt(wire, 'response');
    if (response !== null) this.#response = response;
    if (type === 'response.output_item.done') this.#open = null;
    const item = objectAt(wire, 'item');
    if (type !== 'response.output_item.added' || item === null) return;
    this.#open = { item, outputIndex: Number(wire['output_index'] ?? 0), parts: new Map() };
    this.#sentChars = 0;
  }

  /** Text that was sent on a channel (`family/item/output/part`). */
  grow(channel: string, text: string): void {
    const [family = '', , output = '0', part = '0'] = channel.split('/');
    if (family !== 'output_text' || this.#open?.outputIndex !== Number(output)) return;
    this.#sentChars += text.length;
    if (this.#sentChars > SENT_CHARS_MAX) return;
    const { parts } = this.#open;
    parts.set(Number(part), (parts.get(Number(part)) ?? '') + text);
  }

  blocked({ inputTokens, outputTokens }: Usage, why: StopCause): readonly OwnEvent[] {
    const closing = this.#closeItem();
    const output = closing.at(-1)?.members['item'];
    const response = {
      ...this.#response,
      status: 'incomplete',
      incomplete_details: { reason: why === 'content' ? 'content_filter' : 'max_output_tokens' },
      output: isJsonObject(output) ? [output] : [],
      usage: {
        input_tokens: inputTokens,
        output_tokens: outputTokens,
        total_tokens: inputTokens + outputTokens,
      },
    };
    return [...closing, { type: 'response.incomplete', members: { response } }];
  }

  #closeItem(): OwnEvent[] {
    if (this.#open === null) return [];
    const { item, outputIndex, parts } = this.#open;
    this.#open = null;
    const at = { item_id: stringOr(item['id'], ''), output_index: outputIndex };
    const events: OwnEvent[] = [];
    const content: JsonObject[] = [];
    for (const [index, text] of parts) {
      const part = { type: 'output_text', text, annotations: [] };
      content.push(part);
      const members = { ...at, content_index: index };
      events.push(
        { type: 'response.output_text.done', members: { ...members, text, logprobs: [] } },
        { type: 'response.content_part.done', members: { ...members, part } },
      );
    }
    const finished: JsonObject = { ...item, status: 'incomplete' };
    if (item['type'] === 'message') finished['content'] = content;
    events.push({
      type: 'response.output_item.done',
      members: { output_index: outputIndex, item: finished },
    });
    return events;
  }
}
