/** The live view drops nothing in silence: what came is shown, waits, or is counted. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import { EventCutter } from '../web/src/event-reader.ts';
import { HELD_MAX, SHOWN_MAX, TailBuffer } from '../web/src/requests/tail-buffer.ts';

const rowOf = (seq: number) => ({ writer: 'main', seq, at: new Date(seq).toISOString() });

test('however rows come, are paused and go on, each is shown, held or counted', () => {
  const step = fc.oneof(
    fc.record({ add: fc.nat(3_000) }),
    fc.record({ miss: fc.nat(50) }),
    fc.constant('pause' as const),
    fc.constant('resume' as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const buffer = new TailBuffer();
      let [sent, missed] = [0, 0];
      for (const one of steps) {
        if (one === 'pause') buffer.pause();
        else if (one === 'resume') buffer.resume();
        else if ('add' in one) {
          buffer.add(Array.from({ length: one.add }, (_, at) => rowOf(sent + at)));
          sent += one.add;
        } else {
          buffer.miss(one.miss);
          missed += one.miss;
        }
        const view = buffer.view();
        assert.equal(view.received, sent);
        assert.equal(view.missed, missed);
        assert.equal(view.rows.length + view.held + view.overflowed + view.passed, sent);
        assert.ok(view.rows.length <= SHOWN_MAX && view.held <= HELD_MAX);
        const seqs = view.rows.map(({ seq }) => seq);
        assert.deepEqual(
          seqs,
          seqs.toSorted((a, b) => b - a),
          'the newest first',
        );
      }
    }),
    { numRuns: 50 },
  );
});

test('a row that is brought twice is there once', () => {
  const buffer = new TailBuffer();
  buffer.add([rowOf(1), rowOf(2)]);
  buffer.pause();
  buffer.add([rowOf(2), rowOf(3)]);
  buffer.resume();
  assert.deepEqual(
    buffer.view().rows.map(({ seq }) => seq),
    [3, 2, 1],
  );
  assert.equal(buffer.view().received, 3);
});

test('events are the same however the stream is cut, and comments are none', () => {
  const text =
    ': \n\nevent: record\nid: main:1\ndata: {"a":1}\n\n: \n\nevent: missed\ndata: {"count":2}\n\n';
  const whole = new EventCutter().push(text);
  assert.deepEqual(whole, [
    { event: 'record', data: '{"a":1}' },
    { event: 'missed', data: '{"count":2}' },
  ]);
  for (let at = 0; at <= text.length; at += 1) {
    const cutter = new EventCutter();
    assert.deepEqual([...cutter.push(text.slice(0, at)), ...cutter.push(text.slice(at))], whole);
  }
  assert.throws(() => new EventCutter().push('x'.repeat(1_000_001)), /without an end/u);
});
