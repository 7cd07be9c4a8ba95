/** A provider that keeps what it answers and names it by ids, and what tests of that share. */
import assert from 'node:assert/strict';

import type { Answer } from './house.ts';
import { openUpstream, type Script, sse, type Upstream } from './upstream.ts';

let births = 0;

/** A provider with a store: every answer has ids of its own, which say who gave birth to them. */
const stateful =
  (name: string): Script =>
  ({ path, json: body }, response) => {
    births += 1;
    const isStreamed = body['stream'] === true;
    const head = { 'content-type': isStreamed ? 'text/event-stream' : 'application/json' };
    response.writeHead(200, head);
    const texts = path.endsWith('/messages')
      ? messageOf(`container_${name}${births}`, isStreamed)
      : responseOf(`${name}${births}`, isStreamed);
    response.end(texts);
  };

function responseOf(id: string, isStreamed: boolean): string {
  const message = { type: 'message', id: `msg_${id}`, role: 'assistant', status: 'completed' };
  const content = [{ type: 'output_text', text: 'fine', annotations: [] }];
  const response = {
    id: `resp_${id}`,
    object: 'response',
    status: 'completed',
    output: [
      { type: 'reasoning', id: `rs_${id}`, summary: [] },
      { ...message, content },
    ],
    usage: { input_tokens: 3, output_tokens: 2, total_tokens: 5 },
  };
  if (!isStreamed) return JSON.stringify(response);
  const event = (type: string, more: object): string => sse({ type, ...more }, type);
  return [
    event('response.created', { response: { ...response, output: [] } }),
    event('response.output_text.delta', {
      item_id: message.id,
      output_index: 0,
      content_index: 0,
      delta: 'fine',
    }),
    event('response.completed', { response }),
  ].join('');
}

function messageOf(containerId: string, isStreamed: boolean): string {
  const container = { id: containerId, expires_at: '2026-12-24T00:00:00Z' };
  const usage = { input_tokens: 3, output_tokens: 2 };
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    usage,
  };
  if (!isStreamed) return JSON.stringify({ ...message, container, stop_reason: 'end_turn' });
  const event = (type: string, more: object): string => sse({ type, ...more }, type);
  return [
    event('message_start', { message: { ...message, container: null } }),
    event('message_delta', { delta: { stop_reason: 'end_turn', container }, usage }),
    event('message_stop', {}),
  ].join('');
}

export const statefulUpstream = (name: string): Promise<Upstream> => openUpstream(stateful(name));

export const providerOf = (type: string, { url }: Upstream): string =>
  `{ type: ${type}, baseUrl: "${url}", apiKey: "\${env:UPSTREAM_KEY}", allowPrivateAddress: true }`;

/** They share every provider, and with it every secret of one. */
export const TWO_TENANTS = `
tenants:
  - { id: acme, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
  - { id: rival, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
`;

export function refusedNaming(answer: Answer, field: string): void {
  assert.equal(answer.status, 400, answer.text);
  const isNamed = answer.text.includes(`Field: ${field}.`) || answer.text.includes(`"${field}"`);
  assert.ok(isNamed, `${field} is named: ${answer.text}`);
}
