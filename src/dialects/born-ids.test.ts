import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isJsonObject, type JsonObject } from '#stdx/json.ts';

import { anthropicBornIds, chatBornIds, responsesBornIds } from './born-ids.ts';

const idsOf = (born: ReturnType<typeof chatBornIds>): string[] =>
  born.map(({ kind, id, needsStore }) => `${kind} ${id}${needsStore ? ' stored' : ''}`);

const citation = {
  type: 'container_file_citation',
  container_id: 'cntr_2',
  file_id: 'cfile_1',
};
const OUTPUT = [
  { type: 'reasoning', id: 'rs_1', summary: [] },
  { type: 'code_interpreter_call', id: 'ci_1', container_id: 'cntr_1' },
  { type: 'shell_call', id: 'sh_1', environment: { container_id: 'cntr_3' } },
  {
    type: 'message',
    id: 'msg_1',
    content: [
      {
        type: 'output_text',
        text: 'resp_text',
        annotations: [citation, { type: 'file_citation', file_id: 'file-of-a-search' }],
      },
    ],
  },
];
const RESPONSE: JsonObject = {
  object: 'response',
  id: 'resp_1',
  conversation: { id: 'conv_1' },
  output: OUTPUT,
  // Echoes of what the caller sent.
  previous_response_id: 'resp_0',
  prompt: { id: 'pmpt_0' },
  tools: [{ type: 'code_interpreter', container: 'cntr_0' }],
};
const EXPECTED = [
  'previous-response resp_1 stored',
  'conversation conv_1',
  'item rs_1 stored',
  'item ci_1',
  'container cntr_1',
  'item sh_1',
  'container cntr_3',
  'item msg_1 stored',
  'container cntr_2',
  'file cfile_1',
];

test('a whole response gives what the provider made, and none of what it echoes', () => {
  assert.deepEqual(idsOf(responsesBornIds(RESPONSE)), EXPECTED);
});

test('a stream gives the same ids, each in the first event that has it', () => {
  const { output: _output, ...begun } = RESPONSE;
  const events: JsonObject[] = [
    { type: 'response.created', response: { ...begun, output: [] } },
    ...OUTPUT.map((item) => ({ type: 'response.output_item.added', item })),
    { type: 'response.output_text.annotation.added', annotation: citation },
    { type: 'response.completed', response: RESPONSE },
  ];
  const seen = new Set(events.flatMap((event) => idsOf(responsesBornIds(event))));
  assert.deepEqual([...seen], EXPECTED);
  assert.deepEqual(responsesBornIds({ type: 'response.output_text.delta', delta: 'resp_2' }), []);
});

test('chat: the completion where it is stored, and spoken answers always', () => {
  const whole = {
    id: 'chatcmpl-1',
    choices: [{ message: { role: 'assistant', audio: { id: 'audio_1', data: '' } } }],
  };
  const chunk = { id: 'chatcmpl-1', choices: [{ delta: { audio: { id: 'audio_1' } } }] };
  for (const wire of [whole, chunk]) {
    assert.deepEqual(idsOf(chatBornIds(wire)), ['store chatcmpl-1 stored', 'audio audio_1']);
  }
});

test('anthropic: the container and the files that code wrote in it', () => {
  const container = { id: 'container_1', expires_at: '2026-12-01T00:00:00Z' };
  const block = {
    type: 'code_execution_tool_result',
    tool_use_id: 'srvtoolu_1',
    content: { content: [{ type: 'code_execution_output', file_id: 'file_1' }] },
  };
  const whole = { type: 'message', id: 'msg_1', container, content: [block] };
  const expected = ['container container_1', 'file file_1'];
  assert.deepEqual(idsOf(anthropicBornIds(whole)), expected);
  const events: JsonObject[] = [
    { type: 'message_start', message: { type: 'message', id: 'msg_1', container: null } },
    { type: 'message_delta', delta: { stop_reason: 'end_turn', container } },
    { type: 'content_block_start', index: 0, content_block: block },
  ];
  assert.deepEqual(
    events.flatMap((event) => idsOf(anthropicBornIds(event))),
    expected,
  );
});

test('garbage in the place of an id gives none, in any form', () => {
  const garbage = [null, 7, true, '', 'x'.repeat(513), {}, [], ['resp_1']];
  for (const id of garbage) {
    const wires = [
      { object: 'response', id, conversation: id, output: id },
      { object: 'response', id, output: [{ id, container_id: id, environment: id, content: id }] },
      { item: id, part: { annotations: [id] }, annotation: id },
      { id, choices: [{ message: { audio: id } }, id] },
      { type: 'message', container: id, content: [id], delta: id, content_block: id },
    ].filter(isJsonObject);
    assert.equal(wires.length, 5);
    for (const wire of wires) {
      for (const read of [responsesBornIds, chatBornIds, anthropicBornIds]) {
        assert.deepEqual(read(wire), [], JSON.stringify(wire).slice(0, 80));
      }
    }
  }
});
