/** Writes and signs a log as fast as it can, until it is killed: the program of aud-01-kill-signer. */
import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

import { diskFiles } from '#audit/file-port.ts';
import { Sequencer } from '#audit/merkle/sequencer.ts';
import { noteSigner } from '#audit/merkle/signed-note.ts';
import { openAuditLog } from '#audit/writer.ts';
import { lockWriter } from '#storage/data-folder.ts';

import { ORIGIN } from '../support/signed-log.ts';

const [dir = '', keyFile = ''] = process.argv.slice(2);
const signer = noteSigner(ORIGIN, readFileSync(keyFile, 'utf8'));
const limits = { ballastBytes: 4_096, segmentBytesMax: 200_000 };
const log = await openAuditLog({ dir, writer: 'w', lock: lockWriter, limits });
const sequencer = new Sequencer({
  files: diskFiles,
  dir,
  origin: ORIGIN,
  signers: () => [signer],
  syncedSeq: () => log.status().syncedSeq,
});
process.stdout.write('ready\n');
for (let at = 0; ; at += 1) {
  const appended = [];
  for (let one = 0; one < 40; one += 1)
    appended.push(log.append({ kind: 'admit', requestId: `r${at}-${one}`, tenant: 'acme' }));
  // A disk that is slow for two seconds degrades the log, which says so and goes on when it is back.
  await Promise.allSettled(appended);
  // Refusals come at once: without a turn of the event loop nothing would ever try the disk again.
  await delay(1);
  const published = await sequencer.publish();
  if (published !== null) process.stdout.write(`${published.size}\n`);
}
