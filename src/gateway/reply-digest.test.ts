import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';

import fc from 'fast-check';

import type { Passage } from '#domain/passage.ts';

import { digestOfReply, ReplyDigest } from './reply-digest.ts';

const passage = (text: string, position: Passage['position'] = 'assistant'): Passage => ({
  position,
  trust: 'model',
  text,
  path: 'choices[0].message.content',
  isEditable: true,
});
const sha256 = (text: string): string => hash('sha256', text, 'base64url');

test('one text is its own hash, several are the hash of their hashes', () => {
  assert.equal(digestOfReply([passage('gpt-x', 'metadata'), passage('hello')]), sha256('hello'));
  const two = digestOfReply([passage('because', 'reasoning'), passage('hello'), passage('')]);
  assert.equal(two, sha256(sha256('because') + sha256('hello')));
  assert.equal(digestOfReply([passage('gpt-x', 'metadata')]), null);
});

test('a stream has the digest of its whole answer, however it was cut and mixed', () => {
  const texts = fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 6_000 }), {
    minLength: 1,
    maxLength: 3,
  });
  fc.assert(
    fc.property(texts, fc.infiniteStream(fc.nat(2_000)), (answer, random) => {
      const digest = new ReplyDigest();
      const rests = answer.map((text, index) => {
        digest.add({ channel: String(index), text: text.charAt(0) });
        return text.slice(1);
      });
      while (rests.some((rest) => rest !== '')) {
        const index = random.next().value % rests.length;
        const chars = 1 + random.next().value;
        const rest = rests[index] ?? '';
        digest.add({ channel: String(index), text: rest.slice(0, chars) });
        rests[index] = rest.slice(chars);
      }
      assert.equal(digest.value(), digestOfReply(answer.map((text) => passage(text))));
    }),
    { numRuns: 300 },
  );
});

test('nothing said is no digest', () => {
  const digest = new ReplyDigest();
  digest.add({ channel: 'content/0', text: '' });
  assert.equal(digest.value(), null);
});
