/**
 * AUD-01, the signed log: killed at any moment, between any two files, the Merkle log goes on from where
 * its last checkpoint was, every checkpoint that anyone saw is the beginning of it, and it verifies.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';

import { diskFiles } from '#audit/file-port.ts';
import { CheckpointFiles } from '#audit/merkle/checkpoint-files.ts';
import { TileFiles } from '#audit/merkle/tile-files.ts';
import { noteSigner } from '#audit/merkle/signed-note.ts';
import { verifyLog } from '#audit/verify.ts';

import { ORIGIN } from '../support/signed-log.ts';
import { IS_FULL } from '../support/streams.ts';

const ROUNDS = IS_FULL ? 100 : 14;
const ROUND_MS_MAX = 15_000;
const root = mkdtempSync(join(tmpdir(), 'aud-01-signer-'));
after(() => rmSync(root, { recursive: true }));

async function killedRound(dir: string, keyFile: string, lines: number): Promise<number> {
  const program = fileURLToPath(new URL('aud-signer-process.ts', import.meta.url));
  const flags = ['--disable-warning=ExperimentalWarning'];
  const child = spawn(process.execPath, [...flags, program, dir, keyFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A round that says nothing, on a disk that hangs, is killed all the same.
  const late = setTimeout(() => child.kill('SIGKILL'), ROUND_MS_MAX);
  let seen = 0;
  let size = 0;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.split('\n').slice(0, -1)) {
      seen += 1;
      size = Math.max(size, Number(line) || 0);
    }
    // Not at the moment of the line, which is between two checkpoints: somewhere behind it.
    if (seen >= lines) setTimeout(() => child.kill('SIGKILL'), Math.random() * 12);
  });
  const [, signal]: unknown[] = await once(child, 'close');
  clearTimeout(late);
  assert.equal(signal, 'SIGKILL');
  return size;
}

test('a log that is killed while it is signed goes on, and every checkpoint holds', async () => {
  const { privateKey } = generateKeyPairSync('ed25519');
  const pem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const keyFile = join(root, 'key.pem');
  writeFileSync(keyFile, pem, { mode: 0o600 });
  const dir = join(root, 'audit');
  const keys = [noteSigner(ORIGIN, pem).key.text];
  const files = new CheckpointFiles(new TileFiles(diskFiles, join(dir, 'log')));
  const anchorNotes: { name: string; text: string }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const size = await killedRound(dir, keyFile, 2 + Math.floor(Math.random() * 12));
    const verdict = verifyLog(dir, { keys, anchorNotes, anchorMaxAgeMs: 3_600_000 });
    assert.ok([0, 4].includes(verdict.exit), `round ${round}: ${verdict.firstBad?.problem}`);
    assert.ok((verdict.tree?.size ?? 0) >= size, 'a checkpoint that was told of is there');
    const note = files.note();
    assert.ok(note !== undefined);
    anchorNotes.push({ name: `round ${round}`, text: note });
  }
  const { tree, records } = verifyLog(dir, { keys });
  assert.ok(
    records >= (tree?.size ?? 0) && (tree?.size ?? 0) > 1_000,
    `${tree?.size} of ${records}`,
  );
});
