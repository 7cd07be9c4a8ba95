import assert from 'node:assert/strict';
import { test } from 'node:test';

import fc from 'fast-check';

import {
  incomingTrace,
  parseTraceparent,
  parseTracestate,
  traceparentOf,
} from './trace-context.ts';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const hex = (digits: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: digits, maxLength: digits })
    .map((all) => all.join(''));

test('reads what it writes', () => {
  fc.assert(
    fc.property(hex(32), hex(16), fc.boolean(), (traceId, spanId, isSampled) => {
      fc.pre(/[^0]/u.test(traceId) && /[^0]/u.test(spanId));
      const context = { traceId, spanId, isSampled };
      assert.deepEqual(parseTraceparent(traceparentOf(context)), context);
    }),
  );
});

test('one character more, less or other makes it no traceparent, or another one', () => {
  const text = `00-${TRACE}-${SPAN}-01`;
  fc.assert(
    fc.property(
      fc.nat(text.length),
      fc.string({ minLength: 0, maxLength: 2, unit: 'binary' }),
      fc.nat(1),
      (at, put, cut) => {
        const changed = text.slice(0, at) + put + text.slice(at + cut);
        const read = parseTraceparent(changed);
        if (read === null) return;
        assert.match(changed, /^(?!ff)[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:$|-)/u);
        assert.equal(changed.slice(3, 35), read.traceId);
        assert.equal(changed.slice(36, 52), read.spanId);
      },
    ),
    { numRuns: 2_000 },
  );
});

test('of flags it keeps whether the trace is sampled, and of later versions what it knows', () => {
  const of = (text: string) => parseTraceparent(text)?.isSampled;
  assert.equal(of(`00-${TRACE}-${SPAN}-00`), false);
  assert.equal(of(`00-${TRACE}-${SPAN}-03`), true, 'a random trace id');
  assert.equal(of(`01-${TRACE}-${SPAN}-01`), true);
  assert.equal(of(`01-${TRACE}-${SPAN}-01-what-comes`), true);
});

test('what the recommendation calls invalid is none', () => {
  for (const text of [
    '',
    `00-${TRACE}-${SPAN}`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}-01 `,
    ` 00-${TRACE}-${SPAN}-01`,
    `01-${TRACE}-${SPAN}-01more`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `00-${TRACE.toUpperCase()}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-0x`,
    `00-${TRACE}-${SPAN}-01\n`,
  ]) {
    assert.equal(parseTraceparent(text), null, JSON.stringify(text));
  }
});

test('a tracestate is members of the form, each key once, or nothing', () => {
  assert.equal(
    parseTracestate('rojo=00f067aa0ba902b7,congo=t61rcWkgMzE'),
    'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
  );
  assert.equal(parseTracestate(' a=1 ,, b=2\t'), 'a=1,b=2');
  assert.equal(parseTracestate('tenant@vendor=x y'), 'tenant@vendor=x y');
  const many = Array.from({ length: 33 }, (_, at) => `k${at}=v`).join(',');
  for (const text of [
    '',
    ',',
    'a',
    '=1',
    'a=',
    'A=1',
    'a=1,a=2',
    'a=\u00e9',
    'a=1\n',
    'a=b=c',
    many,
    `a=${'x'.repeat(600)}`,
  ]) {
    assert.equal(parseTracestate(text), null, JSON.stringify(text));
  }
});

test('whatever a caller writes there, what is kept is of the form', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const kept = parseTracestate(text);
      if (kept !== null) assert.match(kept, /^[\x20-\x7e]{1,512}$/u);
    }),
  );
});

test('two traceparent are none, and a state without a parent is none', () => {
  const parent = `00-${TRACE}-${SPAN}-01`;
  assert.equal(incomingTrace(['TraceParent', parent])?.context.traceId, TRACE);
  assert.equal(incomingTrace(['traceparent', parent, 'traceparent', parent]), null);
  assert.equal(incomingTrace(['tracestate', 'a=1']), null);
  const both = ['tracestate', 'a=1', 'traceparent', parent, 'tracestate', 'b=2'];
  assert.equal(incomingTrace(both)?.state, 'a=1,b=2');
  assert.equal(incomingTrace([...both, 'tracestate', 'a=3'])?.state, null);
});
