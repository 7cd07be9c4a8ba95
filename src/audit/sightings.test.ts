/** What anchors say of a log. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';

import { signedLog } from '../../tests/support/signed-log.ts';
import { verifyLog } from './verify.ts';

test('gateways that share an anchor are each judged by their own checkpoints in it', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'anchor-'));
  t.after(() => rmSync(root, { recursive: true }));
  const of = (name: string) =>
    signedLog(join(root, name), { records: 40, origin: `llmproxy/${name}` });
  const [mine, theirs] = [await of('a'), await of('b')];
  const [own, others] = [mine, theirs].map(({ published }) =>
    published.map(({ note }) => note).join('\n'),
  );
  const exitBy = (dir: string, text: string) =>
    verifyLog(dir, { anchorNotes: [{ name: 'file', text }] }).exit;
  assert.ok(own !== undefined && others !== undefined);
  for (const shared of [`${own}\n${others}`, `${others}\n${own}`]) {
    assert.deepEqual([exitBy(mine.dir, shared), exitBy(theirs.dir, shared)], [0, 0]);
  }
  // An anchor with nothing of a log says that it is another's.
  assert.deepEqual([exitBy(mine.dir, own), exitBy(mine.dir, others)], [0, 2]);
});
