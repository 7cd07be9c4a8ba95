/** What the dashboard checks of a proof is what the command line checks, on the vectors that are published. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { openProof as openOnServer } from '#audit/merkle/record-proof.ts';
import { parseNoteKey as parseOnServer } from '#audit/merkle/signed-note.ts';

import { openProof, saysTheSame } from '../web/src/proof/check.ts';
import { parseNoteKey, signedBy } from '../web/src/proof/note.ts';

const VECTORS = join(import.meta.dirname, '..', 'docs', 'reference', 'vectors');
const proof = readFileSync(join(VECTORS, 'req_7.tlog-proof'), 'utf8');
const keyText = readFileSync(join(VECTORS, 'key.txt'), 'utf8').trim();

async function isProven(text: string): Promise<boolean> {
  const key = await parseNoteKey(keyText);
  assert.ok(key !== undefined);
  const opened = await openProof(text);
  return opened?.isIncluded === true && (await signedBy(opened.note, key)) === 'holds';
}

test('the published proof holds, and the record, index and size are those that the server reads', async () => {
  const opened = await openProof(proof);
  const known = parseOnServer(keyText);
  assert.ok(opened !== undefined && known !== undefined);
  const expected = openOnServer(proof, [known]);
  assert.ok('record' in expected);
  assert.equal(opened.isIncluded, true);
  assert.equal(opened.index, expected.index);
  assert.equal(opened.checkpoint.size, expected.size);
  assert.equal(opened.checkpoint.origin, expected.origin);
  assert.deepEqual(opened.record, expected.record);
  assert.equal(opened.root, opened.signedRoot);
  assert.equal(await isProven(proof), true);
});

test('no character of it can be changed: where the server proves nothing, neither does the page', async () => {
  const known = parseOnServer(keyText);
  assert.ok(known !== undefined);
  let tried = 0;
  for (let at = 0; at < proof.length; at += 3) {
    for (const bit of [1, 4, 32]) {
      const changed = String.fromCharCode(proof.charCodeAt(at) ^ bit);
      const other = proof.slice(0, at) + changed + proof.slice(at + 1);
      const isOfServer = 'record' in openOnServer(other, [known]);
      assert.ok(isOfServer || !(await isProven(other)), `character ${at}, bit ${bit}`);
      tried += 1;
    }
  }
  assert.ok(tried > 500);
});

test('a key is taken only whole, and another key has signed nothing', async () => {
  for (const text of ['', 'x', `${keyText}A`, keyText.slice(0, -1), keyText.replace('+', '-')])
    assert.equal(await parseNoteKey(text), undefined, text);
  assert.ok((await parseNoteKey(` ${keyText}\n`)) !== undefined, 'as it is pasted');
  const [name = '', , ...rest] = keyText.split('+');
  assert.equal(await parseNoteKey(`${name}+00000000+${rest.join('+')}`), undefined);
  const opened = await openProof(proof);
  const key = await parseNoteKey(keyText);
  assert.ok(opened !== undefined && key !== undefined);
  assert.equal(await signedBy(opened.note, { ...key, id: '00000000' }), 'absent');
  assert.equal(await signedBy(opened.note, { ...key, bytes: key.bytes.toReversed() }), 'wrong');
});

test('a record that says something else than the proven one is noticed, but for what is personal', () => {
  const proven = { seq: 7, user: 'commitment', guards: [{ name: 'pii', textDigest: 'c' }] };
  assert.ok(saysTheSame({ guards: [{ name: 'pii' }], seq: 7 }, proven));
  assert.ok(saysTheSame({ ...proven, user: 'ann' }, proven));
  assert.ok(!saysTheSame({ ...proven, seq: 8 }, proven));
  assert.ok(!saysTheSame({ ...proven, guards: [{ name: 'secrets' }] }, proven));
  assert.ok(!saysTheSame({ ...proven, decision: 'allow' }, proven));
});
