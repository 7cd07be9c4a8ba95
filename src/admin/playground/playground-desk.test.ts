/** What bounds a call that is tried out: how many at once, how much, and that it ends with its reader. */
import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';

import type { AdminEvent } from '../event-stream.ts';
import { ANSWER_CHARS_MAX, CALLS_MAX, type DataCall, PlaygroundDesk } from './playground-desk.ts';

const clock = { nowMs: () => 0, monotonicMs: () => performance.now() };
const CALL = { path: '/v1/messages', headers: {}, body: '{}', ip: '192.0.2.7' };

function answerOf(...chunks: readonly (string | Buffer | null)[]): IncomingMessage {
  const answer = new IncomingMessage(new Socket());
  answer.statusCode = 200;
  answer.headers = { 'x-request-id': 'req_1', 'set-cookie': ['a=b'], 'x-llmproxy-cost-usd': '1' };
  for (const chunk of chunks) answer.push(chunk);
  return answer;
}

interface Watched {
  readonly events: AdminEvent[];
  readonly ended: Promise<void>;
  readonly stop: () => void;
}

function watch(desk: PlaygroundDesk): Watched {
  const events: AdminEvent[] = [];
  let end = (): void => {};
  const ended = new Promise<void>((resolve) => {
    end = resolve;
  });
  const stop = desk.source(CALL)((event) => events.push(event), end);
  return { events, ended, stop };
}

const namesOf = ({ events }: Watched): string[] => events.map(({ event }) => event);

test('head, text and done: a character that two chunks share is one', async () => {
  const [first, second] = [Buffer.from('ä').subarray(0, 1), Buffer.from('ä').subarray(1)];
  const desk = new PlaygroundDesk(async () => answerOf('a', first, second, null), clock);
  const watched = watch(desk);
  await watched.ended;
  assert.deepEqual(namesOf(watched), ['head', 'text', 'done']);
  assert.deepEqual(watched.events[0]?.data, {
    status: 200,
    requestId: 'req_1',
    headers: { 'x-llmproxy-cost-usd': '1' },
  });
  assert.deepEqual(watched.events[1]?.data, { text: 'aä' });
});

test('calls at once are few: the next one is told so at once, and room comes back', async () => {
  const waiting: ((answer: IncomingMessage) => void)[] = [];
  const dataCall: DataCall = () => new Promise((resolve) => waiting.push(resolve));
  const desk = new PlaygroundDesk(dataCall, clock);
  const open = Array.from({ length: CALLS_MAX }, () => watch(desk));
  const over = watch(desk);
  await over.ended;
  assert.deepEqual(over.events, [{ event: 'problem', data: { ms: 0, problem: 'busy' } }]);
  assert.equal(waiting.length, CALLS_MAX);
  for (const resolve of waiting) resolve(answerOf(null));
  await Promise.all(open.map(({ ended }) => ended));
  await new Promise((resolve) => setImmediate(resolve));
  const next = watch(desk);
  waiting.at(-1)?.(answerOf(null));
  await next.ended;
  assert.deepEqual(namesOf(next), ['head', 'done']);
});

test('an answer is read so far and no further, and one that breaks is said to be broken', async () => {
  const long = Buffer.alloc(ANSWER_CHARS_MAX / 2 + 1, 'x');
  const answer = answerOf(long, long, long);
  const cut = watch(new PlaygroundDesk(async () => answer, clock));
  await cut.ended;
  assert.match(JSON.stringify(cut.events.at(-1)), /"problem":"too-long"/u);
  assert.ok(answer.destroyed);
  const broken = watch(new PlaygroundDesk(() => Promise.reject(new Error('x')), clock));
  await broken.ended;
  assert.match(JSON.stringify(broken.events.at(-1)), /"problem":"broken"/u);
  assert.doesNotMatch(JSON.stringify(broken.events), /Error/u);
});

test('a reader that goes ends the call', async () => {
  let signal: AbortSignal | null = null;
  const desk = new PlaygroundDesk((call) => {
    ({ signal } = call);
    return new Promise((_resolve, reject) => {
      call.signal.addEventListener('abort', () => reject(new Error('left')));
    });
  }, clock);
  const watched = watch(desk);
  assert.ok(signal !== null);
  watched.stop();
  assert.equal((signal as AbortSignal).aborted, true);
  await watched.ended;
});
