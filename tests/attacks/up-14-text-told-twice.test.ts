/** UP-14: text that an answer tells a second time, or elsewhere, is not told there when it was edited. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { chat } from '../support/house.ts';
import { answerTo, chunks, joined, REDACTING, SECRET, typed } from '../support/guarded-answer.ts';
import { chunk, completion, json, type Script, sse } from '../support/upstream.ts';

const at = (positions: string): string =>
  REDACTING.replace('on:', `positions: [${positions}], on:`);
const TEXT = `I recall ${SECRET} here`;
const USAGE = { input_tokens: 5, output_tokens: 9, total_tokens: 14 };

test('UP-14: a rule on reasoning sees every event of Responses that repeats it', async () => {
  const place = { item_id: 'rs_1', output_index: 0 };
  const summary = { ...place, summary_index: 0 };
  const plain = { ...place, content_index: 0 };
  const summaryPart = { type: 'summary_text', text: TEXT };
  const plainPart = { type: 'reasoning_text', text: TEXT };
  const item = { type: 'reasoning', id: 'rs_1', summary: [summaryPart], content: [plainPart] };
  const answer = await answerTo({
    type: 'openai',
    guard: at('reasoning'),
    path: '/v1/responses',
    body: { model: 'demo', input: 'x', stream: true },
    script: typed(
      ['response.created', { response: { id: 'resp_1', object: 'response', output: [] } }],
      [
        'response.output_item.added',
        { ...place, item: { type: 'reasoning', id: 'rs_1', summary: [] } },
      ],
      ['response.reasoning_summary_part.added', { ...summary, part: { ...summaryPart, text: '' } }],
      ['response.reasoning_summary_text.delta', { ...summary, delta: TEXT }],
      ['response.reasoning_summary_text.done', { ...summary, text: TEXT }],
      ['response.reasoning_summary_part.done', { ...summary, part: summaryPart }],
      ['response.reasoning_text.delta', { ...plain, delta: TEXT }],
      ['response.reasoning_text.done', { ...plain, text: TEXT }],
      ['response.content_part.done', { ...plain, part: plainPart }],
      ['response.output_item.done', { ...place, item }],
      [
        'response.completed',
        { response: { id: 'resp_1', object: 'response', output: [item], usage: USAGE } },
      ],
    ),
  });
  assert.equal(answer.status, 200);
  assert.match(answer.text, /response\.completed/u);
  const leaks = answer.text.split('\n').filter((line) => line.includes(SECRET));
  assert.deepEqual(leaks, []);
});

test('UP-14: a text that Responses repeats under a name of next year is where its deltas are', async () => {
  const place = { item_id: 'i', output_index: 0 };
  const answer = await answerTo({
    type: 'openai',
    guard: at('metadata'),
    path: '/v1/responses',
    body: { model: 'demo', input: 'x', stream: true },
    script: typed(
      ['response.created', { response: { id: 'resp_1', object: 'response', output: [] } }],
      ['response.note.delta', { ...place, delta: TEXT }],
      ['response.note.done', { ...place, text: TEXT }],
      [
        'response.completed',
        { response: { id: 'resp_1', object: 'response', output: [], usage: USAGE } },
      ],
    ),
  });
  assert.ok(!answer.text.includes(SECRET), answer.text);
});

const MEMBERS: readonly (readonly [position: string, member: object])[] = [
  ['reasoning', { reasoning_details: [{ type: 'reasoning.text', text: TEXT, index: 0 }] }],
  ['reasoning', { content: [{ type: 'thinking', thinking: [{ type: 'text', text: TEXT }] }] }],
  ['reasoning', { thinking_text: TEXT }],
  ['assistant', { audio: { id: 'a', transcript: TEXT } }],
  ['assistant', { content: [{ type: 'refusal', refusal: TEXT }] }],
];

for (const [position, member] of MEMBERS) {
  for (const stream of [false, true]) {
    const [name] = Object.keys(member);
    test(`UP-14: ${name} is ${position}, ${stream ? 'streamed' : 'whole'}`, async () => {
      const answer = await answerTo({
        type: 'openai',
        guard: at(position),
        path: '/v1/chat/completions',
        body: chat('x', { stream }),
        script: (seen, response, socket) => {
          if (stream)
            return chunks({ delta: member }, { delta: {}, finish_reason: 'stop' })(
              seen,
              response,
              socket,
            );
          const message = { role: 'assistant', content: 'fine', ...member };
          return json(
            response,
            200,
            completion('', { choices: [{ index: 0, message, finish_reason: 'stop' }] }),
          );
        },
      });
      assert.equal(answer.status, 200);
      assert.ok(!answer.text.includes(SECRET), answer.text);
    });
  }
}

const IDS = [...Buffer.from(SECRET)];
/** Where servers of open models write the numbers of tokens. */
const REPEATS = ['token_ids', 'prompt_token_ids', 'prompt_logprobs', 'logprobs'];

for (const stream of [false, true]) {
  test(`UP-14: the numbers of its tokens spell an edited text, ${stream ? 'streamed' : 'whole'}`, async () => {
    const repeats = Object.fromEntries(REPEATS.map((name) => [name, IDS]));
    const answer = await answerTo({
      type: 'openai',
      path: '/v1/chat/completions',
      body: chat('x', { stream, return_token_ids: true }),
      script: (seen, response, socket) => {
        const content = `key ${SECRET} ok`;
        if (stream) {
          return chunks(
            { delta: { role: 'assistant', content: '' } },
            { delta: { content }, ...repeats },
            { delta: {}, ...repeats },
            { delta: {}, finish_reason: 'stop' },
          )(seen, response, socket);
        }
        const choice = { index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' };
        return json(
          response,
          200,
          completion('', { choices: [{ ...choice, ...repeats }], ...repeats }),
        );
      },
    });
    assert.equal(answer.status, 200);
    assert.match(answer.text, /"ok"| ok"/u);
    assert.ok(!answer.text.includes(SECRET));
    assert.ok(!answer.text.includes(IDS.join(',')), answer.text);
  });
}

test('UP-14: what stands beside the data of an event is told to nobody', async () => {
  const said = chunk('hi ');
  const lines = [`: ${SECRET}`, `event: ${SECRET}`, `id: ${SECRET}`, `${SECRET}: 1`];
  const answer = await answerTo({
    type: 'openai',
    path: '/v1/chat/completions',
    body: chat('x', { stream: true }),
    script: (_seen, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      for (const line of lines) response.write(`${line}\n\n${line}\n${said}`);
      response.write(chunk('', 'stop'));
      response.end(`event: ${SECRET}\ndata:\n\nevent: ${SECRET}\ndata: [DONE]\n\n`);
    },
  });
  assert.ok(!answer.text.includes(SECRET), answer.text);
  assert.equal(joined(answer.text, 'content'), 'hi '.repeat(lines.length));
  assert.match(answer.text, /\[DONE\]/u);
});

test('UP-14: a type that is said in the name of an event alone is read', async () => {
  const note = { item_id: 'i', note: 'x' };
  const script: Script = (_seen, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(sse(note, SECRET));
    response.end(
      sse(
        { response: { id: 'r', object: 'response', output: [], usage: USAGE } },
        'response.completed',
      ),
    );
  };
  const body = { model: 'demo', input: 'x', stream: true };
  const answer = await answerTo({ type: 'openai', path: '/v1/responses', body, script });
  assert.ok(!answer.text.includes(SECRET), answer.text);
  assert.match(answer.text, /event: response\.completed/u);
});
