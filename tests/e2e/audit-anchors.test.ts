/** Checkpoints outside the machine: a file, a witness in a process of its own, a real time-stamp authority. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { parseNoteKey } from '#audit/merkle/signed-note.ts';
import { notesOf } from '#audit/sightings.ts';
import { verifyLog } from '#audit/verify.ts';

import { GatewayFolder, type GatewayProcess, PROGRAM } from '../support/gateway-process.ts';
import { eventually } from '../support/programs.ts';
import { framesOf, rewrite } from '../support/signed-log.ts';
import { openStampAuthority, type StampAuthority } from '../support/stamp-authority.ts';

const root = mkdtempSync(join(tmpdir(), 'llmproxy-anchors-'));
let folder: GatewayFolder;
let gateway: GatewayProcess | null = null;
let witness: ChildProcess;
let witnessUrl = '';
let witnessKey = '';
let logKey = '';
let stamps: StampAuthority;

const yaml = (anchors: string): string => `
server: { listen: "127.0.0.1:0" }
providers: { demo: { type: demo } }
models: { demo: { deployments: [{ provider: demo }] } }
tenants: [{ id: acme }]
guards: []
audit: { checkpoint: { every: 1s, origin: example.com/bank }, anchors: ${anchors} }
`;

before(async () => {
  stamps = await openStampAuthority();
  const dir = join(root, 'gateway');
  mkdirSync(dir);
  // The key is made by the first command that asks for it; the witness is told of it.
  logKey = new GatewayFolder(yaml('[]'), {}, dir).run('audit', 'key').out.trim();
  const args = ['audit', 'witness', '--log', logKey, '--listen', '127.0.0.1:0'];
  witness = spawn(PROGRAM, [...args, '--dir', join(root, 'witness'), '--name', 'example.org/w'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  assert.ok(witness.stdout !== null);
  const [line]: unknown[] = await Promise.race([
    once(witness.stdout.setEncoding('utf8'), 'data'),
    once(witness, 'exit'),
  ]);
  ({ url: witnessUrl, key: witnessKey } = JSON.parse(String(line)) as { url: string; key: string });
  const anchors = [
    { name: 'vault', type: 'file', path: join(root, 'vault.txt') },
    { name: 'w', type: 'witness', url: witnessUrl, key: witnessKey, allowPrivateAddress: true },
    { name: 'tsa', type: 'timestamp', url: stamps.url, allowPrivateAddress: true },
  ];
  folder = new GatewayFolder(yaml(JSON.stringify(anchors)), {}, dir);
  gateway = await folder.start();
});

after(async () => {
  folder.remove();
  witness.kill('SIGTERM');
  await once(witness, 'exit');
  stamps.close();
  rmSync(root, { recursive: true });
});

const log = (path: string): string => join(folder.auditDir, 'log', path);

async function call(): Promise<void> {
  const { key } = folder.key('acme');
  const answer = await fetch(`${gateway?.url}/v1/models`, {
    headers: { authorization: `Bearer ${key}` },
  });
  assert.equal(answer.status, 200);
}

test('every anchor is given checkpoints, and each of them proves the log', async () => {
  await call();
  await eventually(() => {
    assert.ok(notesOf(readFileSync(join(root, 'vault.txt'), 'utf8')).length >= 2);
    assert.ok(existsSync(log('cosigned/w')));
    assert.ok(existsSync(log('stamps/tsa')));
  });
  gateway?.kill('SIGTERM');
  await gateway?.exited;
  const keys = [logKey];
  for (const file of [join(root, 'vault.txt'), log('cosigned/w')]) {
    const anchorNotes = [{ name: 'it', text: readFileSync(file, 'utf8') }];
    const verdict = verifyLog(folder.auditDir, { keys, anchorNotes });
    assert.equal(verdict.exit, 0, verdict.firstBad?.problem);
    assert.equal(verdict.tree?.anchoredSize, verdict.records);
  }
});

test('a time stamp is one that openssl verifies', () => {
  const names = readdirSync(log('stamps/tsa')).filter((name) => name.endsWith('.tsr'));
  assert.ok(names.length > 0);
  for (const name of names) {
    const stamp = log(`stamps/tsa/${name}`);
    assert.ok(stamps.verifies(stamp.replace(/tsr$/u, 'checkpoint'), stamp));
    assert.ok(!stamps.verifies(join(root, 'vault.txt'), stamp));
  }
});

test('a witness signs no second history: the fork is not anchored, and the log says why', async () => {
  const frames = framesOf(folder.auditDir);
  rewrite(
    folder.auditDir,
    frames.map((frame, at) =>
      at === 1 ? { ...frame, fields: { ...frame.fields, tenant: 'evil' } } : frame,
    ),
  );
  rmSync(log('.'), { recursive: true });
  const forked = await folder.start();
  await eventually(() => assert.match(forked.stderr(), /audit-unanchored.*"target":"w"/u));
  forked.kill('SIGTERM');
  await forked.exited;
  assert.ok(!existsSync(log('cosigned/w')));
  assert.match(forked.stderr(), /fork|422|longer/u);
  const anchorNotes = [{ name: 'vault', text: readFileSync(join(root, 'vault.txt'), 'utf8') }];
  assert.equal(verifyLog(folder.auditDir, { keys: [logKey], anchorNotes }).exit, 6);
});

test('what is no submission of a log that it knows gets no signature', async () => {
  const post = async (body: string, path = '/add-checkpoint'): Promise<number> =>
    (await fetch(`${witnessUrl}${path}`, { method: 'POST', body })).status;
  const [note = ''] = notesOf(readFileSync(join(root, 'vault.txt'), 'utf8'));
  assert.equal(await post('hello'), 400);
  assert.equal(await post(`old 0\n\n${note}`), 409);
  assert.equal(await post(`old 0\n\n${note.replace('example.com', 'example.net')}`), 404);
  assert.equal(await post(`old 0\n\n${note.replace(/\n(?=\d+\n)/u, '\n9')}`), 403);
  assert.equal(await post(`old 0\n\n${note}`, '/other'), 404);
  assert.equal(await post('x'.repeat(200_000)), 413);
  assert.equal(parseNoteKey(witnessKey)?.type, 4);
});
