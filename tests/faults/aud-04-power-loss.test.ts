/**
 * AUD-04: the power goes. Only what a sync has made durable is there afterwards: what is lost is younger
 * than the last sync, which begins after 10 ms or 256 records, the Merkle log has no record that is not
 * in the segments, and the log that is written after it is no fork of the one that was signed.
 */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, rmSync, truncateSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';

import { type AuditFiles, diskFiles } from '#audit/file-port.ts';
import { verifyLog } from '#audit/verify.ts';
import { type AuditLog, openAuditLog } from '#audit/writer.ts';

import { newSigner, sequencerOf } from '../support/signed-log.ts';

const ROUNDS = 25;
const root = mkdtempSync(join(tmpdir(), 'aud-04-'));
after(() => rmSync(root, { recursive: true }));

/** A disk that remembers how much of each file a sync has made durable. */
class Disk implements AuditFiles {
  readonly #paths = new Map<number, string>();
  readonly #synced = new Map<string, number>();
  readonly makeFolder = diskFiles.makeFolder;
  readonly list = diskFiles.list;
  readonly write = diskFiles.write;
  readonly read = diskFiles.read;
  readonly syncFolder = diskFiles.syncFolder;
  readonly truncate = diskFiles.truncate;
  readonly size = diskFiles.size;
  readonly rename = diskFiles.rename;
  readonly unlink = diskFiles.unlink;
  readonly freeBytes = diskFiles.freeBytes;

  open(path: string, mode: Parameters<AuditFiles['open']>[1]): number {
    const file = diskFiles.open(path, mode);
    if (mode === 'create') this.#synced.set(path, 0);
    if (mode !== 'read') this.#paths.set(file, path);
    return file;
  }

  async datasync(file: number): Promise<void> {
    const path = this.#paths.get(file);
    const bytes = diskFiles.size(file);
    await diskFiles.datasync(file);
    // What was written while the sync ran may be durable; that it is cannot be relied on.
    if (path !== undefined) this.#synced.set(path, bytes);
  }

  close(file: number): void {
    this.#paths.delete(file);
    diskFiles.close(file);
  }

  /** A copy of the folder as it is after the power has come back. */
  lose(from: string, to: string): void {
    cpSync(from, to, { recursive: true });
    for (const [path, bytes] of this.#synced) {
      if (/seg-.*\.log$/u.test(path)) truncateSync(path.replace(from, to), bytes);
    }
  }
}

const open = (dir: string, files: AuditFiles): Promise<AuditLog> =>
  openAuditLog({
    dir,
    writer: 'w',
    lock: () => ({ release() {} }),
    files,
    limits: { ballastBytes: 512, segmentBytesMax: 40_000 },
  });

test('what is lost is younger than the last sync, and nothing of it was signed', async (t) => {
  const signer = newSigner();
  const keys = [signer.key.text];
  let dir = join(root, 'round-0');
  let lostMost = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const disk = new Disk();
    const log = await open(dir, disk);
    const sequencer = sequencerOf(dir, signer, () => log.status().syncedSeq);
    const count = 1 + Math.floor(Math.random() * 400);
    for (let at = 0; at < count; at += 1) {
      await log.append({
        kind: 'admit',
        requestId: `r${round}-${at}`,
        tenant: 'acme',
        user: 'ann',
      });
      if (at % 60 === 30) await sequencer.publish();
    }
    await sequencer.publish();
    const { lastSeq, syncedSeq } = log.status();
    const next = join(root, `round-${round + 1}`);
    disk.lose(dir, next);
    const signed = verifyLog(next, { keys });
    assert.ok([0, 4].includes(signed.exit), `round ${round}: ${signed.firstBad?.problem}`);
    const kept = signed.writers[0]?.lastSeq ?? 0;
    assert.ok(kept >= syncedSeq, 'what was synced is there');
    assert.ok((signed.tree?.size ?? 0) <= kept, 'what is signed is there');
    lostMost = Math.max(lostMost, lastSeq - kept);
    sequencer.close();
    await log.close();
    dir = next;
  }
  // Records that come while a sync runs wait for the next one: how many is the disk's affair.
  t.diagnostic(`AUD-04 at most ${lostMost} records were lost at once, none of them synced`);

  const log = await open(dir, diskFiles);
  await log.close();
  const sequencer = sequencerOf(dir, signer);
  await sequencer.publish();
  sequencer.close();
  assert.equal(verifyLog(dir, { keys }).exit, 0);
});
