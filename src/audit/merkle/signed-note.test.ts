import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { test } from 'node:test';

import { EMPTY_ROOT } from './digest.ts';
import { checkpointText, parseCheckpoint } from './checkpoint.ts';
import {
  isNoteName,
  noteSigner,
  parseNote,
  parseNoteKey,
  signatureLine,
  signedNote,
  signersOf,
} from './signed-note.ts';

const pem = (): string =>
  generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

/** The example of golang.org/x/mod/sumdb/note, where the format comes from. */
const KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT =
  "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const LINE =
  '— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';

test('a note that another program signed is verified', () => {
  const key = parseNoteKey(KEY);
  const note = parseNote(`${TEXT}\n${LINE}`);
  assert.ok(key !== undefined && note !== undefined);
  assert.equal(note.text, TEXT);
  assert.equal(signersOf(note, [key])?.length, 1);
  const changed = parseNote(`${TEXT.replace('answer', 'remedy')}\n${LINE}`);
  assert.ok(changed !== undefined);
  assert.equal(signersOf(changed, [key]), undefined);
});

test('the key of the log and the key of a witness sign the same text, each in its way', () => {
  const log = noteSigner('example.com/log', pem());
  const witness = noteSigner('example.com/witness', pem(), 4);
  const text = checkpointText({ origin: 'example.com/log', size: 7, root: EMPTY_ROOT });
  const note = parseNote(signedNote(text, [log]) + signatureLine(text, witness, 1_700_000_000));
  assert.ok(note !== undefined);
  const keys = [log.key, witness.key].map(({ text: form }) => {
    const key = parseNoteKey(form);
    assert.ok(key !== undefined);
    return key;
  });
  assert.deepEqual(
    signersOf(note, keys)?.map(({ key, atSeconds }) => [key.name, atSeconds]),
    [
      ['example.com/log', undefined],
      ['example.com/witness', 1_700_000_000],
    ],
  );
  const stranger = noteSigner('example.com/log', pem());
  assert.deepEqual(signersOf(note, [stranger.key]), []);
});

test('what is no note, no key and no name is refused', () => {
  for (const note of [
    '',
    'text\n',
    'text\n\nno signature\n',
    `a\u0007b\n\n${LINE}`,
    `${TEXT}\n— x\n`,
  ])
    assert.equal(parseNote(note), undefined);
  for (const key of ['', 'a+b', KEY.replace('c74f', 'c74e'), KEY.slice(0, -4), `${KEY} x`])
    assert.equal(parseNoteKey(key), undefined);
  for (const name of ['', 'two words', 'a+b', 'a\nb', 'ä']) assert.equal(isNoteName(name), false);
});

test('a checkpoint is read as it was written, and nothing else is', () => {
  const nextKey = parseNoteKey(KEY);
  const checkpoint = { origin: 'example.com/log', size: 7, root: EMPTY_ROOT, nextKey };
  assert.equal(parseCheckpoint(checkpointText(checkpoint))?.nextKey?.text, KEY);
  const text = checkpointText({ ...checkpoint, nextKey: undefined });
  assert.equal(parseCheckpoint(text)?.size, 7);
  for (const wrong of [
    text.replace('\n7\n', '\n07\n'),
    text.replace('\n7\n', '\n-7\n'),
    text.slice(0, -1),
    text.replace('example.com/log', ''),
    `${text}next-key nobody\n`,
  ])
    assert.equal(parseCheckpoint(wrong), undefined);
});
