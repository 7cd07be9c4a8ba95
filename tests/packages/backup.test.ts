/** A backup of a gateway that runs, put into a new folder: its log is proven, and its keys work. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { after, test } from 'node:test';

import { ROOT } from '../../scripts/package/bundle.ts';
import { GatewayFolder } from '../support/gateway-process.ts';
import { BASE, bearer, chat, DEMO, post } from '../support/house.ts';
import { openTestPostgres } from '../support/postgres.ts';
import { eventually, programOf, sleep } from '../support/programs.ts';

const into = mkdtempSync(join(tmpdir(), 'llmproxy-backup-'));
after(() => rmSync(into, { recursive: true, force: true }));

const script = (name: string, args: readonly string[], path = process.env['PATH'] ?? '') => {
  const { status, stdout, stderr } = spawnSync(join(ROOT, 'deploy', name), args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: path },
  });
  return { code: status, out: stdout.trim(), err: stderr };
};

/** Only what the scripts name, and one of the two ways to copy a database. */
function pathWith(way: 'sqlite3' | 'node'): string {
  const dir = join(into, `bin-${way}`);
  mkdirSync(dir);
  const names =
    'sh date mkdir cp mv rm rmdir ls find sort sha256sum sync chmod sed umask cat dirname';
  for (const name of names.split(' ')) {
    const found = globSync(`/{usr/bin,bin}/${name}`)[0];
    if (found !== undefined) symlinkSync(found, join(dir, name));
  }
  if (way === 'node') symlinkSync(process.execPath, join(dir, 'node'));
  else {
    const found = globSync('/usr/bin/sqlite3')[0];
    if (found !== undefined) symlinkSync(found, join(dir, 'sqlite3'));
  }
  return dir;
}

const yaml = `${DEMO}${BASE}server: { listen: "127.0.0.1:0" }
guards: []
audit: { content: full }
`;

test('a gateway under load is copied; the copy verifies, starts, and takes the keys of before', async (t) => {
  const old = new GatewayFolder(yaml);
  t.after(() => old.remove());
  const gateway = await old.start();
  const before = old.key('acme').key;
  const say = async (url: string, key: string): Promise<number> => {
    const body = { ...chat('hello'), model: 'demo' };
    return (await post(`${url}/v1/chat/completions`, body, bearer(key))).status;
  };
  await eventually(async () => assert.equal(await say(gateway.url, before), 200));
  let isLoaded = true;
  let calls = 0;
  const load = (async () => {
    for (; isLoaded; calls += 1) assert.equal(await say(gateway.url, before), 200);
  })();
  await sleep(500);
  const backups: { readonly target: string; readonly keys: string }[] = [];
  const ways = ['node', ...(existsSync('/usr/bin/sqlite3') ? ['sqlite3'] : [])] as const;
  if (ways.length === 1) t.diagnostic('OPTIONAL: sqlite3 is not here; copied by Node only');
  for (const way of ways) {
    // In another process: ours must go on calling.
    const path = pathWith(way as 'sqlite3' | 'node');
    const dirs = [join(into, 'store', way), join(into, 'keys', way)];
    const ran = script('backup.sh', [join(old.dir, 'data'), ...dirs], path);
    assert.equal(ran.code, 0, ran.err);
    backups.push({ target: ran.out, keys: join(dirs[1] ?? '', basename(ran.out)) });
  }
  isLoaded = false;
  await load;
  assert.ok(calls > 0);
  gateway.kill('SIGKILL');
  await gateway.exited;

  for (const { target, keys } of backups) {
    // Nothing that opens the store is in the part that lies beside it.
    const names = globSync('**/*', { cwd: target }).map((name) => basename(name));
    for (const name of ['pepper', 'root-key', 'audit-checkpoint-key', 'admin-token'])
      assert.ok(!names.includes(name), name);
    const data = join(into, 'new', basename(dirname(target)), 'data');
    mkdirSync(dirname(data), { recursive: true });
    const put = script('restore.sh', [target, keys, data]);
    assert.equal(put.code, 0, put.err);
    assert.equal(statSync(join(data, 'pepper')).mode & 0o777, 0o600);
    const fresh = new GatewayFolder(yaml, {}, dirname(data));
    const verified = fresh.run('audit', 'verify', data);
    assert.ok(verified.code === 0 || verified.code === 4, verified.out);
    // Both are the same files by another program; one is started.
    if (target !== backups[0]?.target) continue;
    const again = await fresh.start();
    assert.equal(await say(again.url, before), 200);
    again.kill('SIGTERM');
    assert.equal((await again.exited).code, 0);
    // The same chain goes on: what was copied, and the call of just now.
    assert.equal(fresh.run('audit', 'verify', data).code, 0);
    const records = fresh.run('audit', 'export', '--format', 'jsonl').out.trim().split('\n');
    assert.ok(records.length > 4, 'the calls of before are in it');
    assert.match(script('restore.sh', [target, keys, data]).err, /is not empty/u);
  }
});

test('a copy that was changed is not put anywhere, and no half of one has the name of a whole', () => {
  const [backup = ''] = globSync(join(into, 'store', 'node', 'llmproxy-*'));
  const keys = join(into, 'keys', 'node', basename(backup));
  const bad = join(into, 'bad');
  cpSync(backup, bad, { recursive: true });
  const [segment = ''] = globSync(join(bad, 'audit', 'seg-*'));
  writeFileSync(segment, readFileSync(segment).subarray(1));
  const put = script('restore.sh', [bad, keys, join(into, 'elsewhere')]);
  assert.equal(put.code, 1);
  assert.match(put.err, /not as it was written/u);
  assert.ok(!existsSync(join(into, 'elsewhere')));
  assert.equal(script('backup.sh', [into, join(into, 'none')]).code, 1, 'no data folder');
  assert.equal(script('backup.sh', []).code, 2);
  assert.ok(!existsSync(join(into, 'none')));
});

test('over PostgreSQL a dump is put back under a gateway that runs: it takes what is there now, and the ledger loses no call', async (t) => {
  const server = await openTestPostgres();
  t.after(() => server.close());
  const own = await server.plainDatabase();
  const above = Object.assign(new URL(own), { username: 'llmproxy' }).href;
  const bin = dirname(await programOf('/usr/lib/postgresql/*/bin/pg_dump', 'postgresql-client'));
  const ran = (name: string, input: string, ...args: readonly string[]) =>
    spawnSync(join(bin, name), args, { input, encoding: 'utf8' });
  const folder = new GatewayFolder(
    `storage: { type: postgres, url: "\${env:DATABASE_URL}" }
server: { listen: "127.0.0.1:0" }\n${DEMO}${BASE}guards: []\n`,
    { DATABASE_URL: own },
  );
  t.after(() => folder.remove());
  const gateway = await folder.start();
  const [kept, revoked] = [folder.key('acme'), folder.key('acme')];
  let answered = 0;
  const say = async ({ key }: { readonly key: string }): Promise<number> => {
    const { status } = await post(`${gateway.url}/v1/chat/completions`, chat('x'), bearer(key));
    if (status === 200) answered += 1;
    return status;
  };
  const until = (key: { readonly key: string }, status: number) =>
    eventually(async () => assert.equal(await say(key), status));
  const inLedger = async (): Promise<number> => {
    const [row] = await server.run(own, 'SELECT count(*)::int AS calls FROM llmproxy.ledger');
    return Number(row?.['calls']);
  };
  for (const key of [kept, revoked]) await until(key, 200);
  await eventually(async () => assert.equal(await inLedger(), answered));

  // As the guide says: whoever is behind the walls between tenants gets no half of a dump.
  assert.notEqual(ran('pg_dump', '', '--schema=llmproxy', own).status, 0);
  const dump = ran('pg_dump', '', '--schema=llmproxy', above);
  assert.equal(dump.status, 0, dump.stderr);

  const later = folder.key('acme');
  assert.equal(folder.run('keys', 'revoke', revoked.id).code, 0);
  await until(later, 200);
  await until(revoked, 401);
  await eventually(async () => assert.equal(await inLedger(), answered));
  const psql = ['--no-psqlrc', '--quiet', '--single-transaction', '-v', 'ON_ERROR_STOP=1', above];
  const put = ran('psql', `DROP SCHEMA llmproxy CASCADE;\n${dump.stdout}`, ...psql);
  assert.equal(put.status, 0, put.stderr);

  await until(later, 401);
  await until(revoked, 200);
  await until(kept, 200);
  await eventually(async () => assert.equal(await inLedger(), answered));
  await until(folder.key('acme'), 200);
  gateway.kill('SIGTERM');
  assert.equal((await gateway.exited).code, 0, gateway.stderr());
  assert.equal(folder.run('audit', 'verify').code, 0);
});
