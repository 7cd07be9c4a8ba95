/** What nobody here knows: in a call it is refused, in an answer it is read. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { DialectName } from '#domain/call.ts';
import type { JsonObject } from '#stdx/json.ts';

import { dialects } from './registry.ts';
import { sseEvent } from './sse-event.ts';

const SAID = 'said where nobody looks';

const message = (...content: JsonObject[]): JsonObject => ({
  choices: [{ index: 0, message: { role: 'assistant', content } }],
});
const item = (members: JsonObject): JsonObject => ({ output: [{ type: 'message', ...members }] });

const ANSWERS: readonly (readonly [what: string, dialect: DialectName, body: JsonObject])[] = [
  [
    'thinking as a part',
    'openai-chat',
    message({ type: 'thinking', thinking: [{ type: 'text', text: SAID }] }),
  ],
  ['a part without a type', 'openai-chat', message({ text: SAID })],
  [
    'a message without a role',
    'openai-responses',
    item({ content: [{ type: 'output_text', text: SAID }] }),
  ],
  [
    'a part of next year',
    'openai-responses',
    item({ role: 'assistant', content: [{ type: 'next', text: SAID }] }),
  ],
  [
    'a block inside a result',
    'anthropic-messages',
    { content: [{ type: 'tool_result', content: [{ type: 'next', text: SAID }] }] },
  ],
];

for (const [what, dialect, body] of ANSWERS) {
  test(`${dialect}: ${what} is a passage of an answer`, () => {
    const { passages } = dialects[dialect].readReply(body, dialect).open().content;
    assert.ok(passages.some(({ text }) => text === SAID));
  });
}

test('openai-responses: an item of a stream without a role is a passage', () => {
  const event = {
    type: 'response.output_item.done',
    item: { type: 'message', content: [{ type: 'output_text', text: SAID }] },
  };
  const parsed = dialects['openai-responses'].parse({ model: 'm', input: 'x' }, 'chat');
  assert.ok(parsed.ok);
  const codec = dialects['openai-responses'].openStream(parsed.value);
  const content = codec.read(sseEvent(event.type, JSON.stringify(event))).content();
  assert.ok(content?.passages.some(({ text }) => text === SAID));
});

test('openai-chat: a part of next year in a call is refused by its path', () => {
  const messages = [{ role: 'user', content: [{ type: 'thinking', thinking: SAID }] }];
  const parsed = dialects['openai-chat'].parse({ model: 'm', messages }, 'chat');
  assert.deepEqual(parsed.ok ? null : parsed.error, {
    reason: 'content-unscannable',
    field: 'messages[0].content[0].type',
    kind: 'unknown',
  });
});

test('openai-chat: tokens of thinking and of calls go where those were edited', () => {
  const body: JsonObject = {
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: 'fine', reasoning_content: SAID },
        logprobs: { content: [{ token: SAID, logprob: 0 }] },
      },
    ],
  };
  const { content, edited } = dialects['openai-chat'].readReply(body, 'openai-chat').open();
  const at = content.passages.findIndex(({ position }) => position === 'reasoning');
  content.rewrite(new Map([[at, 'something else']]));
  edited();
  assert.ok(!JSON.stringify(body).includes(SAID));
});
