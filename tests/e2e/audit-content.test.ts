/** What is said is kept, shown with leave, given to its person, and forgotten: a real gateway and the commands. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { loadPeppers } from '#config/peppers.ts';
import { systemClock } from '#stdx/clock.ts';
import { isJsonObject, parseJson, type JsonObject } from '#stdx/json.ts';
import { openSqlite } from '#storage/sqlite/sqlite.ts';

import { GatewayFolder, type GatewayProcess } from '../support/gateway-process.ts';
import { eventually } from '../support/programs.ts';
import { adminTokensOf, personHeaders } from '../support/admin.ts';

/** Words that stand nowhere else. */
const SECRET = 'the-blue-heron-flies-at-noon';
const MAIL = ['ann', 'example.org'].join('@');

const yaml = (content: string): string => `
server: { listen: "127.0.0.1:0" }
providers: { demo: { type: demo } }
models: { demo: { deployments: [{ provider: demo }] } }
tenants:
  - { id: acme }
  - { id: bank, reveal: { secondPerson: true } }
guards:
  - { name: pii, type: pii, on: [request], entities: [email], mode: enforce, action: pseudonymise }
audit: { content: ${content}, checkpoint: { every: 1s } }
`;

class House {
  readonly folder: GatewayFolder;
  gateway: GatewayProcess | null = null;

  constructor(content: string) {
    this.folder = new GatewayFolder(yaml(content));
  }

  async start(): Promise<void> {
    this.gateway = await this.folder.start();
  }

  async stop(): Promise<void> {
    this.gateway?.kill('SIGTERM');
    await this.gateway?.exited;
    this.gateway = null;
  }

  async say(text: string, more: JsonObject = {}, tenant = 'acme'): Promise<string> {
    const { key } = this.folder.key(tenant);
    const answer = await fetch(`${this.gateway?.url}/v1/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'demo', messages: [{ role: 'user', content: text }], ...more }),
    });
    assert.equal(answer.status, 200);
    await answer.text();
    return answer.headers.get('x-request-id') ?? '';
  }

  records(): JsonObject[] {
    const { out } = this.folder.run('audit', 'export');
    return out
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseJson(line))
      .filter((record) => isJsonObject(record));
  }

  refOf(requestId: string): string {
    const found = this.records().find(
      (record) => record['requestId'] === requestId && record['contentRef'] !== undefined,
    );
    assert.ok(found !== undefined, 'the record says where its content is');
    return String(found['contentRef']);
  }

  async admin(token: string, path: string, body?: JsonObject) {
    const answer = await fetch(`${this.gateway?.adminUrl}/admin/v1${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body !== undefined && Object.keys(body).length > 0 && { body: JSON.stringify(body) }),
    });
    const parsed = parseJson(await answer.text());
    return { status: answer.status, body: isJsonObject(parsed) ? parsed : {} };
  }

  /** By a person who has an account. */
  async agreedBySomebody(path: string): Promise<number> {
    const dataDir = join(this.folder.dir, 'data');
    const adminUrl = this.gateway?.adminUrl ?? '';
    const storage = await openSqlite(dataDir, systemClock);
    const own = await personHeaders(adminUrl, { storage, peppers: loadPeppers(dataDir) });
    await storage.close();
    const headers = { ...own, 'content-type': 'application/json' };
    return (await fetch(`${adminUrl}/admin/v1${path}/agree`, { method: 'POST', headers })).status;
  }

  /** Every byte of the data folder. */
  bytes(): string {
    const dir = join(this.folder.dir, 'data');
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((one) => one.isFile() && !/^ballast|\.writing$/u.test(one.name))
      .map((one) => readFileSync(join(one.parentPath, one.name), 'latin1'))
      .join('\n');
  }
}

const full = new House('full');
const redacted = new House('redacted');
let token = '';
let second = '';

before(async () => {
  await full.start();
  await redacted.start();
  const oneTime = readFileSync(join(full.folder.dir, 'data', 'admin-token'), 'utf8').trim();
  ({ token, second } = await adminTokensOf(full.gateway?.adminUrl ?? '', oneTime));
});
after(async () => {
  await full.stop();
  await redacted.stop();
  full.folder.remove();
  redacted.folder.remove();
});

const idOf = (leave: JsonObject): string => String(leave['id']);

async function leaveOf(tenant: string, who = token) {
  return await full.admin(who, '/content-leaves', { tenant, reason: 'case 7', minutes: 5 });
}

test('what was said is on no disk in the clear, and is shown to who has leave', async () => {
  const requestId = await full.say(SECRET);
  assert.ok(!full.bytes().includes(SECRET));
  const ref = full.refOf(requestId);
  const { body: leave } = await leaveOf('acme');
  const shown = await full.admin(token, `/content-leaves/${idOf(leave)}/reveal`, { ref });
  assert.equal(shown.status, 200);
  assert.ok(String(shown.body['request']).includes(SECRET));
  assert.ok(String(shown.body['reply']).includes('chat.completion'));
  await eventually(() => {
    const actions = full
      .records()
      .map(({ action, resource }) => `${String(action)} ${String(resource)}`);
    assert.ok(actions.includes(`content.reveal content/${ref}`));
    assert.ok(actions.includes(`content.ask content-leave/${idOf(leave)}`));
  });
  const foreign = await full.admin(second, `/content-leaves/${idOf(leave)}/reveal`, { ref });
  assert.equal(foreign.status, 404, 'a leave is of who asked for it');
});

test('streams are kept too', async () => {
  const requestId = await full.say(`${SECRET} again`, { stream: true });
  const { body: leave } = await leaveOf('acme');
  const ref = full.refOf(requestId);
  const shown = await full.admin(token, `/content-leaves/${idOf(leave)}/reveal`, { ref });
  assert.match(String(shown.body['reply']), /data: [\s\S]*\[DONE\]/u);
});

test('a tenant that wants two people is shown to nobody alone', async () => {
  const requestId = await full.say(SECRET, {}, 'bank');
  const ref = full.refOf(requestId);
  const { body: leave } = await leaveOf('bank');
  const path = `/content-leaves/${idOf(leave)}`;
  assert.equal(leave['agreedBy'], null);
  assert.equal((await full.admin(token, `${path}/reveal`, { ref })).status, 403);
  assert.equal((await full.admin(token, `${path}/agree`, {})).status, 409, 'not by who asked');
  assert.equal((await full.admin(second, `${path}/agree`, {})).status, 409, 'nor by their token');
  assert.equal(await full.agreedBySomebody(path), 200);
  assert.equal((await full.admin(token, `${path}/reveal`, { ref })).status, 200);
  const other = full.refOf(await full.say('hello'));
  const crossed = await full.admin(token, `${path}/reveal`, { ref: other });
  assert.equal(crossed.status, 404, 'content of another tenant');
});

test('redacted content has surrogates in the place of values, in the answer as well', async () => {
  const requestId = await redacted.say(`write to ${MAIL} please`);
  const { out } = redacted.folder.run('audit', 'subject', '--tenant', 'acme', '--user', 'alice');
  const lines = out.split('\n').filter((line) => line.includes('"kind":"content"'));
  const kept = lines.find((line) => line.includes(requestId)) ?? '';
  assert.match(kept, /EMAIL-[0-9A-Z]{8}/u);
  assert.ok(!kept.includes(MAIL), kept);
  const whole = full.refOf(await full.say(`write to ${MAIL} please`));
  const { body: leave } = await leaveOf('acme');
  const shown = await full.admin(token, `/content-leaves/${idOf(leave)}/reveal`, { ref: whole });
  assert.ok(String(shown.body['request']).includes(MAIL), 'full content has what was written');
});

test('a held person is not erased; a person is given everything; then they are forgotten', async () => {
  const requestId = await full.say(`${SECRET} for the subject`, { user: 'patient-7' });
  await full.say('somebody else', { user: 'patient-8' });
  const ref = full.refOf(requestId);
  const who = ['--tenant', 'acme', '--end-user', 'patient-7'];
  // A proof needs a checkpoint behind the record.
  await eventually(() => {
    const { out } = full.folder.run('audit', 'subject', ...who);
    const lines = out.split('\n').filter((line) => line !== '');
    const kinds = lines.map((line) => parseJson(line)).filter((line) => isJsonObject(line));
    assert.equal(kinds.filter(({ kind }) => kind === 'content').length, 1);
    assert.ok(kinds.some(({ proof }) => String(proof).startsWith('c2sp.org/tlog-proof@v1')));
    assert.ok(out.includes(SECRET) && !out.includes('patient-8'));
  });
  const person = { tenant: 'acme', endUser: 'patient-7' };
  // The second is the user whose key the calls were made with: what is kept of a call is of both.
  for (const user of ['patient-7', 'alice']) {
    const held = await full.admin(token, '/holds', { tenant: 'acme', user, reason: 'x' });
    assert.equal(held.status, 201);
    assert.equal((await full.admin(token, '/erasures', person)).status, 409);
    assert.equal(full.folder.run('audit', 'erase', ...who, '--yes').code, 1);
    assert.equal(full.folder.run('audit', 'release', String(held.body['id'])).code, 0);
  }

  const counted = full.folder.run('audit', 'erase', ...who);
  assert.match(counted.out, /2 records and 1 keys/u);
  const erased = await full.admin(token, '/erasures', person);
  assert.equal(erased.status, 201);
  assert.deepEqual([erased.body['records'], erased.body['texts']], [2, 1]);
  const { body: leave } = await leaveOf('acme');
  const shown = await full.admin(token, `/content-leaves/${idOf(leave)}/reveal`, { ref });
  assert.equal(shown.status, 404);
  assert.equal(full.folder.run('audit', 'subject', ...who).out, '');
  assert.ok(full.records().some(({ endUser }) => endUser === 'patient-8'));
  await full.stop();
  const bytes = full.bytes();
  assert.ok(!bytes.includes('patient-7'), 'the name is in no file');
  assert.ok(bytes.includes('patient-8'));
  const verified = full.folder.run('audit', 'verify');
  assert.equal(verified.code, 0, verified.out);
  const actions = full
    .records()
    .filter(({ action, decision }) => action === 'subject.erase' && decision === undefined);
  assert.deepEqual(
    actions.map(({ diff }) => (isJsonObject(diff) ? diff['state'] : null)),
    ['begun', 'done'],
  );
  await full.start();
});

test('a log is verified beside its calls, on request', async () => {
  const begun = await full.admin(token, '/audit/verification', {});
  assert.equal(begun.body['state'], 'running');
  await full.say('while it is verified');
  await eventually(async () => {
    const { body } = await full.admin(token, '/audit/verification');
    assert.equal(body['state'], 'done');
    assert.ok(isJsonObject(body['verdict']));
    const { exit, isOwnKey, problem } = body['verdict'];
    assert.deepEqual({ exit, isOwnKey, problem }, { exit: 0, isOwnKey: true, problem: null });
  });
  const { body: log } = await full.admin(token, '/audit/log');
  assert.ok(isJsonObject(log['signing']) && log['signing']['state'] === 'ok');
});
