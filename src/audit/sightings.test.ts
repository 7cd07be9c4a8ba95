/** What anchors say of a log. */
import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { FileAnchor } from './anchors/file-anchor.ts';
import { diskFiles } from './file-port.ts';
import { CheckpointFiles } from './merkle/checkpoint-files.ts';
import { Sequencer } from './merkle/sequencer.ts';
import { noteSigner } from './merkle/signed-note.ts';
import { TileFiles } from './merkle/tile-files.ts';
import { verifyLog } from './verify.ts';
import { openAuditLog } from './writer.ts';

test('gateways that share an anchor are each judged by their own checkpoints in it', async () => {
  const root = mkdtempSync(join(tmpdir(), 'anchor-'));
  const path = join(root, 'anchors');
  const dirs: string[] = [];
  for (const name of ['a', 'b']) {
    const dir = join(root, name);
    dirs.push(dir);
    const origin = `llmproxy/${name}`;
    const pem = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
    const signer = noteSigner(origin, pem.toString());
    const log = await openAuditLog({
      dir,
      writer: 'main',
      lock: () => ({ release() {} }),
      limits: { ballastBytes: 512, segmentBytesMax: 8_000 },
    });
    const signing = new Sequencer({
      files: diskFiles,
      dir,
      origin,
      signers: () => [signer],
      syncedSeq: () => log.status().syncedSeq,
    });
    await log.append({ kind: 'admit', requestId: 'r', tenant: name });
    await log.close();
    await signing.publish();
    const note = new CheckpointFiles(new TileFiles(diskFiles, join(dir, 'log'))).note() ?? '';
    await new FileAnchor(diskFiles, 'file', path).keep({ note } as never);
    signing.close();
  }
  const text = readFileSync(path, 'utf8');
  const exits = dirs.map((dir) => verifyLog(dir, { anchorNotes: [{ name: 'file', text }] }));
  // An anchor with nothing of a log says that it is another's.
  const [own = '', others = ''] = text.split(/(?=^llmproxy\/b$)/mu);
  const wrong = verifyLog(dirs[0] ?? '', { anchorNotes: [{ name: 'file', text: others }] });
  const right = verifyLog(dirs[0] ?? '', { anchorNotes: [{ name: 'file', text: own }] });
  rmSync(root, { recursive: true });
  assert.deepEqual([wrong.exit, right.exit], [2, 0]);
  assert.deepEqual(
    exits.map(({ exit }) => exit),
    [0, 0],
    JSON.stringify(exits.map((v) => v.firstBad)),
  );
});
