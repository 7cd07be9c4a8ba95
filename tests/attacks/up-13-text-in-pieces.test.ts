/** UP-13: text that an answer cuts over places that a client joins is read joined. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chat } from '../support/house.ts';
import {
  answerTo,
  chunks,
  HALVES,
  joined,
  message,
  SECRET,
  typed,
  wholeMessage,
} from '../support/guarded-answer.ts';
import { completion, json } from '../support/upstream.ts';

const BLOCKS = [
  ['text', 'text', 'content'],
  ['thinking', 'thinking', 'reasoning_content'],
] as const;

for (const [type, field, told] of BLOCKS) {
  for (const stream of [false, true]) {
    test(`UP-13: ${type} over two blocks, told to a client of chat, ${stream ? 'streamed' : 'whole'}`, async () => {
      const answer = await answerTo({
        type: 'anthropic',
        path: '/v1/chat/completions',
        body: chat('x', { stream, max_tokens: 10 }),
        script: (seen, response, socket) => {
          const ofBlock = (text: string, index: number) =>
            [
              ['content_block_start', { index, content_block: { type, [field]: '' } }],
              ['content_block_delta', { index, delta: { type: `${type}_delta`, [field]: text } }],
              ['content_block_stop', { index }],
            ] as const;
          if (stream) return message(...HALVES.flatMap(ofBlock))(seen, response, socket);
          return json(
            response,
            200,
            wholeMessage(...HALVES.map((text) => ({ type, [field]: text }))),
          );
        },
      });
      // Thinking is signed, so that a finding in it blocks.
      const isBlocked = type === 'thinking' && !stream;
      assert.equal(answer.status === 200, !isBlocked, answer.text);
      assert.ok(!joined(answer.text, told).includes(SECRET), answer.text);
      if (type === 'text') assert.match(joined(answer.text, told), /\S/u, 'masked, and told');
    });
  }
}

for (const stream of [false, true]) {
  test(`UP-13: text over two parts of a content, told to a client of messages, ${stream ? 'streamed' : 'whole'}`, async () => {
    const content = HALVES.map((text) => ({ type: 'text', text }));
    const answer = await answerTo({
      type: 'openai',
      path: '/v1/messages',
      body: { model: 'demo', max_tokens: 10, messages: [{ role: 'user', content: 'x' }], stream },
      script: (seen, response, socket) => {
        if (stream)
          return chunks({ delta: { content } }, { delta: {}, finish_reason: 'stop' })(
            seen,
            response,
            socket,
          );
        const message = { role: 'assistant', content };
        return json(
          response,
          200,
          completion('', { choices: [{ index: 0, message, finish_reason: 'stop' }] }),
        );
      },
    });
    assert.equal(answer.status, 200, answer.text);
    assert.ok(!joined(answer.text, 'text').includes(SECRET), answer.text);
    assert.match(joined(answer.text, 'text'), /\S/u, 'masked, and told');
  });
}

test('UP-13: what is told of text over two blocks is all of it', async () => {
  const answer = await answerTo({
    type: 'anthropic',
    path: '/v1/chat/completions',
    body: chat('x', { stream: true, max_tokens: 10 }),
    script: message(
      ['content_block_start', { index: 0, content_block: { type: 'text', text: 'I ' } }],
      ['content_block_delta', { index: 0, delta: { type: 'text_delta', text: 'look it up' } }],
      ['content_block_stop', { index: 0 }],
      [
        'content_block_start',
        { index: 1, content_block: { type: 'tool_use', id: 't', name: 'look', input: {} } },
      ],
      [
        'content_block_delta',
        { index: 1, delta: { type: 'input_json_delta', partial_json: '{}' } },
      ],
      ['content_block_stop', { index: 1 }],
    ),
  });
  assert.equal(joined(answer.text, 'content'), 'I look it up');
  assert.match(answer.text, /"name":"look"/u);
  assert.match(answer.text, /\[DONE\]/u);
});

test('UP-13: thinking that begins in the start of its block', async () => {
  const [thinking, more] = HALVES;
  const block = { type: 'thinking', thinking, signature: '' };
  const answer = await answerTo({
    type: 'anthropic',
    path: '/v1/messages',
    body: {
      model: 'demo',
      max_tokens: 10,
      messages: [{ role: 'user', content: 'x' }],
      stream: true,
    },
    script: message(
      ['content_block_start', { index: 0, content_block: block }],
      ['content_block_delta', { index: 0, delta: { type: 'thinking_delta', thinking: more } }],
      ['content_block_stop', { index: 0 }],
    ),
  });
  assert.ok(!joined(answer.text, 'thinking').includes(SECRET), answer.text);
});

test('UP-13: a family of Responses is a channel, whatever its name is made of', async () => {
  const answer = await answerTo({
    type: 'openai',
    path: '/v1/responses',
    body: { model: 'demo', input: 'x', stream: true },
    script: typed(
      ['response.created', { response: { id: 'resp_1', object: 'response', output: [] } }],
      ...HALVES.map(
        (delta) => ['response.v2_Note-x.delta', { item_id: 'i', output_index: 0, delta }] as const,
      ),
      ['response.completed', { response: { id: 'resp_1', object: 'response', output: [] } }],
    ),
  });
  assert.match(answer.text, /response\.completed/u);
  assert.ok(!joined(answer.text, 'delta').includes(SECRET), answer.text);
});
