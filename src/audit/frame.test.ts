import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import * as fc from 'fast-check';

import { canonicalJson, parseJson } from '#stdx/json.ts';

import { diskFiles } from './file-port.ts';
import { eraseFrame, FRAME_BYTES_MAX, frameText, resolveFrame, writeFrame } from './frame.ts';
import { FrameReader } from './frame-reader.ts';
import { type AuditDraft, NO_PREVIOUS, type Stamp } from './record.ts';

const root = mkdtempSync(join(tmpdir(), 'frame-test-'));
after(() => rmSync(root, { recursive: true }));

const stamp: Stamp = {
  v: 1,
  seq: 7,
  writer: 'w',
  epoch: 2,
  prev: NO_PREVIOUS,
  at: '2026-11-23T12:00:00.000Z',
};
const text = fc.string({ unit: 'grapheme', maxLength: 40 });
const maybe = fc.option(text, { nil: undefined });
const count = fc.nat();

const drafts: fc.Arbitrary<AuditDraft> = fc.record({
  kind: fc.constantFrom('admit', 'complete', 'deny'),
  requestId: maybe,
  tenant: maybe,
  user: maybe,
  endUser: maybe,
  ip: maybe,
  model: maybe,
  attempts: fc.option(
    fc.array(fc.record({ provider: text, deployment: text, status: count }), { maxLength: 3 }),
    { nil: undefined },
  ),
  guards: fc.option(
    fc.array(fc.record({ name: text, mode: text, action: text, textDigest: maybe, us: count }), {
      maxLength: 3,
    }),
    { nil: undefined },
  ),
  limits: fc.option(fc.array(fc.record({ remaining: count, name: text }), { maxLength: 3 }), {
    nil: undefined,
  }),
  usage: fc.option(
    fc.record({
      outputTokens: count,
      inputTokens: count,
      hostedToolCalls: count,
      cacheWriteTokens: count,
      cacheWriteLongTokens: count,
      cacheReadTokens: count,
      reasoningTokens: count,
      costNanoUsd: count,
      source: text,
    }),
    { nil: undefined },
  ),
  diff: fc.option(fc.dictionary(text, fc.oneof(text, count, fc.constant(null))), {
    nil: undefined,
  }),
  reasons: fc.option(fc.dictionary(fc.oneof(text, fc.nat().map(String)), count), {
    nil: undefined,
  }),
});

function framed(draft: AuditDraft): { bytes: Buffer; chained: Buffer; personal: Buffer } {
  const into = Buffer.alloc(FRAME_BYTES_MAX);
  const { chainedStart, personalStart, end } = writeFrame(into, 0, frameText(draft, stamp));
  return {
    bytes: into.subarray(0, end),
    chained: into.subarray(chainedStart, personalStart),
    personal: into.subarray(personalStart, end),
  };
}

/** `undefined` members are left out of a record. */
const plain = (draft: AuditDraft): unknown => parseJson(JSON.stringify({ ...draft, ...stamp }));

test('a record is canonical JSON (oracle: canonicalJson) and reads back as it was given', () => {
  fc.assert(
    fc.property(drafts, (draft) => {
      const { chained, personal } = framed(draft);
      assert.equal(chained.toString('utf8'), canonicalJson(parseJson(chained.toString('utf8'))));
      const resolved = resolveFrame(chained, personal);
      assert.deepEqual(parseJson(JSON.stringify(resolved?.record)), plain(draft));
      assert.equal(resolved?.isOpened, true);
      assert.deepEqual(resolved.erased, []);
    }),
    { numRuns: 300 },
  );
});

test('personal values are not in the chained bytes', () => {
  const marker = 'ann.example';
  const { chained, personal } = framed({
    kind: 'admit',
    user: marker,
    endUser: marker,
    ip: marker,
    guards: [{ name: 'pii', mode: 'enforce', action: 'pass', textDigest: marker }],
  });
  assert.ok(!chained.includes(marker));
  assert.equal(personal.toString('utf8').split(marker).length - 1, 4);
});

test('erasing destroys value and salt in place, and the frame is whole and says what is gone', async () => {
  const draft: AuditDraft = {
    kind: 'admit',
    requestId: 'r1',
    user: 'ann.example',
    ip: '198.51.100.27',
    guards: [{ name: 'pii', mode: 'enforce', action: 'pass', textDigest: 'ZGln' }],
  };
  const { bytes, personal } = framed(draft);
  const path = join(root, 'erase.log');
  writeFileSync(path, Buffer.concat([bytes, bytes, bytes]));
  await eraseFrame(diskFiles, path, bytes.length);
  const erased = readFileSync(path);
  assert.deepEqual(erased.subarray(0, bytes.length), bytes);
  assert.deepEqual(erased.subarray(bytes.length * 2), bytes);
  const hole = erased.subarray(bytes.length * 2 - personal.length, bytes.length * 2);
  assert.deepEqual(hole, Buffer.alloc(personal.length));

  const reader = new FrameReader(diskFiles, path);
  const records = [];
  for (let frame = reader.next(); frame !== undefined; frame = reader.next()) {
    records.push(resolveFrame(frame.chained, frame.personal));
  }
  assert.equal(reader.tail(), 'whole');
  reader.close();
  assert.deepEqual(
    records.map((record) => record?.record.user),
    ['ann.example', undefined, 'ann.example'],
  );
  assert.deepEqual(records[1]?.erased, ['ip', 'user', 'guards[0].textDigest']);
  assert.equal(records[1]?.record.requestId, 'r1');
  await eraseFrame(diskFiles, path, bytes.length);
  await assert.rejects(eraseFrame(diskFiles, path, erased.length + 5), { name: 'Fault' });
});

test('a value that was swapped for another does not open', () => {
  const { chained, personal } = framed({ kind: 'admit', user: 'ann' });
  const forged = Buffer.from(personal.toString('utf8').replace('"ann"', '"bob"'));
  assert.equal(resolveFrame(chained, forged)?.isOpened, false);
  assert.equal(resolveFrame(chained, Buffer.alloc(0))?.isOpened, false);
  assert.equal(resolveFrame(chained, Buffer.from('{"ip":["AAAA","x"]}'))?.isOpened, false);
});

test('a record longer than a frame is refused', () => {
  assert.throws(() => framed({ kind: 'admin', diff: 'x'.repeat(300_000) }), { name: 'Fault' });
  assert.throws(() => framed({ kind: 'admit', user: 'x'.repeat(5_000) }), { name: 'Fault' });
});
