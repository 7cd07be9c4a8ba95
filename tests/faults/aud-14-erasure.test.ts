/**
 * AUD-14: a person is forgotten among fifty thousand records (a million in the full form): their
 * values are in no file, every other value is still there, and the log verifies.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { erasePerson } from '#audit/erase.ts';
import { diskFiles } from '#audit/file-port.ts';
import { readRecords } from '#audit/read.ts';
import { listSegments } from '#audit/segment.ts';
import { verifyLog } from '#audit/verify.ts';
import { openAuditLog } from '#audit/writer.ts';

import { newSigner, sequencerOf } from '../support/signed-log.ts';
import { IS_FULL } from '../support/streams.ts';

const RECORDS = IS_FULL ? 1_000_000 : 50_000;
const EVERY = 50;
const root = mkdtempSync(join(tmpdir(), 'aud-14-'));
after(() => rmSync(root, { recursive: true }));

test('a person is forgotten, nobody else is, and the log verifies', async (t) => {
  const dir = join(root, 'audit');
  const limits = { ballastBytes: 512, segmentBytesMax: 8 * 1_024 * 1_024 };
  const log = await openAuditLog({ dir, writer: 'w', lock: () => ({ release() {} }), limits });
  const signer = newSigner();
  const sequencer = sequencerOf(dir, signer, () => log.status().syncedSeq);
  let appended: Promise<number>[] = [];
  for (let at = 0; at < RECORDS; at += 1) {
    const user = at % EVERY === 0 ? 'gone-person' : `user-${at % 97}`;
    appended.push(log.append({ kind: 'admit', requestId: `r${at}`, tenant: 'acme', user }));
    if (appended.length < 2_000) continue;
    await Promise.all(appended);
    appended = [];
  }
  await Promise.all(appended);
  await log.close();
  await sequencer.publish();
  sequencer.close();

  const startedMs = performance.now();
  const erased = await erasePerson(dir, { tenant: 'acme', user: 'gone-person' });
  const tookMs = performance.now() - startedMs;
  assert.equal(erased, RECORDS / EVERY);
  for (const { path } of listSegments(diskFiles, dir))
    assert.ok(!readFileSync(path).includes('gone-person'));
  let named = 0;
  for await (const { record } of readRecords(dir)) named += Number(record.user !== undefined);
  assert.equal(named, RECORDS - RECORDS / EVERY);
  const verdict = verifyLog(dir, { keys: [signer.key.text] });
  assert.equal(verdict.exit, 0, verdict.firstBad?.problem);
  assert.equal(await erasePerson(dir, { tenant: 'acme', user: 'gone-person' }), 0);
  t.diagnostic(`AUD-14 ${RECORDS} records, ${erased} erased in ${Math.round(tookMs)} ms`);
});
