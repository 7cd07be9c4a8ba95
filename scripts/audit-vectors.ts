/**
 * Writes docs/reference/vectors: a small signed log, its key, an anchor and a proof, for who writes a
 * verifier. Run by hand when the format changes; the key is made, used once and forgotten.
 */
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { proofText } from '#audit/merkle/record-proof.ts';
import { findRecords, proveRecord } from '#audit/prove.ts';

import { signedLog } from '../tests/support/signed-log.ts';

const to = join(import.meta.dirname, '..', 'docs', 'reference', 'vectors');
const root = mkdtempSync(join(tmpdir(), 'vectors-'));
try {
  const log = await signedLog(root, { records: 40, checkpoints: 2, segmentBytes: 8_000 });
  rmSync(join(to, 'audit'), { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  cpSync(log.dir, join(to, 'audit'), {
    recursive: true,
    filter: (from) => !/ballast|\.lock$|sequencer\.json$/u.test(from),
  });
  writeFileSync(join(to, 'key.txt'), `${log.signer.key.text}\n`);
  writeFileSync(join(to, 'anchor.txt'), log.published.map(({ note }) => `${note}\n`).join(''));
  const [first] = await findRecords(log.dir, 'req_7');
  if (first === undefined) throw new Error('the log has no req_7');
  writeFileSync(join(to, 'req_7.tlog-proof'), proofText(proveRecord(log.dir, first)));
} finally {
  rmSync(root, { recursive: true });
}
