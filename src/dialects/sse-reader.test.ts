import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Fault } from '#domain/fault.ts';

import { KEEP_ALIVE, sseText, type SseEvent } from './sse-event.ts';
import { EVENT_CHARS_MAX, LINE_CHARS_MAX, SseReader } from './sse-reader.ts';
import { cpuMs, paced } from '../../tests/support/pace.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

function readAll(chunks: readonly Uint8Array[]): { events: SseEvent[]; isTorn: boolean } {
  const reader = new SseReader();
  const events = chunks.flatMap((chunk) => reader.push(chunk));
  events.push(...reader.end());
  return { events, isTorn: reader.isTorn };
}

const read = (text: string) => readAll([bytes(text)]);
const withData = (events: readonly SseEvent[]) =>
  events
    .filter(({ event, data }) => event !== '' || data !== '')
    .map(({ event, data }) => ({ event, data }));

/** The plain version: the whole text at once, by the letter of the standard. */
function oracle(input: Uint8Array): {
  events: { event: string; data: string }[];
  text: string;
  isTorn: boolean;
  isPlain: boolean;
} {
  const text = new TextDecoder().decode(input);
  const lines = text.split(/\r\n|\r|\n/u);
  const last = lines.pop() ?? '';
  const events: { event: string; data: string }[] = [];
  let event = '';
  let data: string[] = [];
  let isOpen = false;
  let names = 0;
  let isPlain = true;
  for (const line of lines) {
    if (line === '') {
      if (data.length > 0) events.push({ event, data: data.join('\n') });
      if (names > Math.min(1, data.length)) isPlain = false;
      names = 0;
      event = '';
      data = [];
      isOpen = false;
      continue;
    }
    if (!/^(?:data|event)(?::|$)/u.test(line)) isPlain = false;
    if (line.startsWith(':')) continue;
    isOpen = true;
    const [, name = line, value = ''] = /^([^:]*):? ?([\s\S]*)$/u.exec(line) ?? [];
    if (name === 'event') {
      event = value;
      names += 1;
    }
    if (name === 'data') data.push(value);
  }
  return { events, text, isTorn: isOpen || last !== '', isPlain };
}

test('keeps the exact text of an event of data, with a name or without', () => {
  const first = 'event: a\r\ndata: {"x":1}\r\n\r\n';
  const second = 'data\ndata:two\ndata:  three\n\n';
  const { events } = read(first + second);
  assert.deepEqual(events, [
    { event: 'a', data: '{"x":1}', raw: first },
    { event: '', data: '\ntwo\n three', raw: second },
  ]);
  assert.equal(events.map(sseText).join(''), first + second);
});

test('what no guard reads is not in the text of an event: comments, ids, a name that is taken back', () => {
  for (const line of [': secret', 'id: secret', 'retry: 3', 'event: secret', 'secret']) {
    const { events } = read(`${line}\nevent: a\ndata: 1\r\ndata: 2\n\n`);
    assert.deepEqual(events, [{ event: 'a', data: '1\n2', raw: null }], line);
    assert.equal(events.map(sseText).join(''), 'event: a\ndata: 1\ndata: 2\n\n');
  }
});

test('hands what has no data on as a comment of ours, and blank lines as they are', () => {
  for (const text of [': ping\n\n', ': ping\n', 'event: x\n\n', 'id: 1\n\n', ':\r\r']) {
    assert.deepEqual(read(text).events, [KEEP_ALIVE], text);
  }
  const halves = [bytes(': ping\r\n\r'), bytes('\ndata: x\n\n')];
  assert.deepEqual(readAll(halves).events, [
    KEEP_ALIVE,
    { event: '', data: 'x', raw: 'data: x\n\n' },
  ]);
  assert.deepEqual(read('\r\n').events, [{ event: '', data: '', raw: '\r\n' }]);
});

test('drops a leading byte order mark, also one that is split over chunks', () => {
  const input = bytes('\uFEFFdata: x\n\n');
  assert.deepEqual(
    readAll([input.subarray(0, 1), input.subarray(1, 2), input.subarray(2)]).events,
    [{ event: '', data: 'x', raw: 'data: x\n\n' }],
  );
});

test('passes on an event that ends in CR at once, without waiting for a LF', () => {
  const reader = new SseReader();
  assert.equal(reader.push(bytes('data: x\r\n\r')).length, 1);
  assert.deepEqual(reader.push(bytes('\ndata: y\r\n\r\n')), [
    { event: '', data: 'y', raw: '\ndata: y\r\n\r\n' },
  ]);
});

test('discards an unfinished event and says that the stream is torn', () => {
  assert.deepEqual(read('data: a\n\ndata: b\n'), {
    events: [{ event: '', data: 'a', raw: 'data: a\n\n' }],
    isTorn: true,
  });
  assert.equal(read('data: a\n\n').isTorn, false);
});

test('an event type without data means nothing', () => {
  assert.deepEqual(withData(read('event: x\n\ndata: y\n\n').events), [{ event: '', data: 'y' }]);
});

test('NUL in a text is a character like any other', () => {
  assert.equal(read('data: a\0b\n\n').events[0]?.data, 'a\0b');
});

test('refuses a line or an event without end before it fills the memory', () => {
  const isFault = (thrown: unknown): boolean =>
    thrown instanceof Fault && thrown.code === 'provider-reply-invalid';
  const push = (text: string, times: number): void => {
    const reader = new SseReader();
    for (let index = 0; index < times; index += 1) reader.push(bytes(text));
  };
  assert.throws(() => push('a'.repeat(4_096), LINE_CHARS_MAX / 4_096 + 1), isFault);
  assert.throws(() => push(`data:${'a'.repeat(4_096)}\n`, EVENT_CHARS_MAX / 4_096), isFault);
  assert.throws(() => push(`${'a'.repeat(LINE_CHARS_MAX + 1)}\n\n`, 1), isFault);
  assert.throws(() => push(`${': c\n'.repeat(EVENT_CHARS_MAX / 4 + 1)}\n`, 1), isFault);
});

test('reads a line of 1 MiB that comes byte by byte in less than two seconds of CPU', () => {
  const reader = new SseReader();
  const one = bytes('a');
  const limitMs = paced(2_000);
  const startMs = cpuMs();
  reader.push(bytes('data:'));
  for (let index = 0; index < LINE_CHARS_MAX - 5; index += 1) reader.push(one);
  const [event] = reader.push(bytes('\n\n'));
  assert.equal(event?.data.length, LINE_CHARS_MAX - 5);
  assert.ok(cpuMs() - startMs < limitMs);
});

/** A small generator with a seed, so that 100 000 cases cost little and each can be repeated. */
function randomFrom(seed: number): (bound: number) => number {
  let state = seed >>> 0;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

const PIECES = [
  'data',
  'data:',
  'data: ',
  'event:',
  'event: a',
  'id: 1',
  ':',
  ': c',
  'é',
  '😀',
  '\uFEFF',
  '\0',
  '\r',
  '\n',
  '\r\n',
  '\n',
  '\r',
  '\n\n',
  '\r\n\r\n',
  ' ',
  'x',
  'datax: 1',
  '{"a":1}',
] as const;

const ROUNDS = process.env['LLMPROXY_FULL'] === '1' ? 100_000 : 30_000;

test(`equals the naive reader of the whole text for ${ROUNDS} texts and chunkings`, () => {
  const baseSeed = Date.now() >>> 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const seed = (baseSeed + round) >>> 0;
    const random = randomFrom(Math.imul(seed, 2_654_435_761));
    let text = '';
    for (let index = random(14); index >= 0; index -= 1)
      text += PIECES[random(PIECES.length)] ?? '';
    const input = bytes(text);
    const chunks: Uint8Array[] = [];
    const sizeMax = 1 + random(6);
    for (let at = 0; at < input.length;) {
      const size = 1 + random(sizeMax);
      chunks.push(input.subarray(at, at + size));
      at += size;
    }
    const wanted = oracle(input);
    const { events, isTorn } = readAll(chunks);
    const note = `seed ${seed}: ${JSON.stringify(text)}`;
    const found = events.filter(({ raw }) => /(?:^|[\r\n])data(?::|[\r\n])/u.test(raw ?? 'data:'));
    assert.deepEqual(
      found.map(({ event, data }) => ({ event, data })),
      wanted.events,
      note,
    );
    assert.equal(isTorn, wanted.isTorn, note);
    const joined = events.map(sseText).join('');
    assert.deepEqual(oracle(bytes(joined)).events, wanted.events, note);
    if (!wanted.isPlain) continue;
    assert.ok(isTorn ? wanted.text.startsWith(joined) : wanted.text === joined, note);
  }
});
