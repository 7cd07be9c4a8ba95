/** The vectors that the documentation publishes are what both verifiers say they are. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';

import { openProof } from '#audit/merkle/record-proof.ts';
import { parseNoteKey } from '#audit/merkle/signed-note.ts';
import { verifyLog } from '#audit/verify.ts';

const REFERENCE = join(import.meta.dirname, '..', 'docs', 'reference');
const VECTORS = join(REFERENCE, 'vectors');
const text = (name: string): string => readFileSync(join(VECTORS, name), 'utf8');
const key = text('key.txt').trim();

test('the log is intact and anchored, to us and to the verifier beside the page', () => {
  const anchorNotes = [{ name: 'anchor.txt', text: text('anchor.txt') }];
  const verdict = verifyLog(join(VECTORS, 'audit'), { keys: [key], anchorNotes });
  assert.equal(verdict.exit, 0, verdict.firstBad?.problem);
  assert.equal(verdict.tree?.anchoredSize, verdict.records);
  assert.ok(verdict.records > 40);
  const verifier = join(REFERENCE, 'verify-log.mjs');
  const ran = spawnSync(process.execPath, [verifier, join(VECTORS, 'audit'), key]);
  assert.equal(ran.status, 0, ran.stdout.toString());
  assert.ok(readFileSync(verifier, 'utf8').split('\n').length <= 151, 'it stays short');
});

test('the proof holds, and no bit of it can be changed', () => {
  const proof = text('req_7.tlog-proof');
  const known = parseNoteKey(key);
  assert.ok(known !== undefined);
  const opened = openProof(proof, [known]);
  assert.ok('record' in opened && opened.record['requestId'] === 'req_7');
  let tried = 0;
  for (let at = 0; at < proof.length; at += 7) {
    const changed = String.fromCharCode(proof.charCodeAt(at) ^ 1);
    const other = proof.slice(0, at) + changed + proof.slice(at + 1);
    assert.ok('problem' in openProof(other, [known]), `character ${at}`);
    tried += 1;
  }
  assert.ok(tried > 100);
});
