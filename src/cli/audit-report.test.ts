import assert from 'node:assert/strict';
import fs from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';

import type { AuditDraft } from '#audit/record.ts';
import { openAuditLog } from '#audit/writer.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';
import { lockWriter } from '#storage/data-folder.ts';

import { CliFolder } from './test-run.ts';

let folder: CliFolder;
beforeEach(() => {
  folder = new CliFolder('dataDir: ./data\nguards: []\n');
});
afterEach(() => folder.remove());

const BLOCKED: AuditDraft = {
  kind: 'deny',
  tenant: 'acme',
  user: 'ann',
  key: 'k1',
  status: 400,
  decision: 'deny',
  reason: 'content-blocked: house, falcon',
  guards: [{ name: 'house', mode: 'enforce', action: 'block', category: 'falcon' }],
};
const DRAFTS: readonly AuditDraft[] = [
  BLOCKED,
  BLOCKED,
  { ...BLOCKED, tenant: 'globex', key: 'k2' },
  {
    kind: 'deny',
    ip: '192.0.2.1/32',
    status: 401,
    count: 50,
    reasons: { 'credential-missing': 50 },
  },
  {
    kind: 'admin',
    user: 'admin:adm_1',
    action: 'key.update',
    resource: 'key/key_1',
    tenant: 'acme',
    diff: { roles: { before: [], after: ['<b>'] } },
  },
  { kind: 'admin', user: 'admin:adm_2', action: 'tenant.create', decision: 'deny', status: 403 },
  {
    kind: 'admin',
    action: 'subject.erase',
    tenant: 'acme',
    resource: 'erasure/e',
    diff: { records: 2 },
  },
  { kind: 'system', action: 'audit_relaxed', diff: { onFailure: 'allow-with-gap' } },
];

async function writeLog(): Promise<void> {
  const log = await openAuditLog({
    dir: folder.path('data/audit'),
    writer: 'main',
    lock: lockWriter,
  });
  for (const draft of DRAFTS) await log.append(draft);
  await log.close();
}

async function tables(name: string, ...more: string[]): Promise<Record<string, unknown[][]>> {
  const { code, out, err } = await folder.run([
    'audit',
    'report',
    name,
    '--format',
    'json',
    ...more,
  ]);
  assert.equal(code, 0, err);
  const report = parseJson(out);
  assert.ok(isJsonObject(report) && Array.isArray(report['tables']));
  return Object.fromEntries(
    (report['tables'] as { title: string; rows: unknown[][] }[]).map(({ title, rows }) => [
      title,
      rows,
    ]),
  );
}

test('what was refused is counted, strangers by how many they were, erasures apart', async () => {
  await writeLog();
  const denied = await tables('denied');
  const sums = denied['Refusals']?.map((row) => row.slice(0, 5));
  assert.deepEqual(sums, [
    ['credential-missing', 401, null, null, 50],
    ['content-blocked: house, falcon', 400, 'acme', 'k1', 2],
    ['content-blocked: house, falcon', 400, 'globex', 'k2', 1],
    ['tenant.create', 403, null, null, 1],
  ]);
  assert.equal(denied['Erasures']?.[0]?.[1], 'erasure/e');
  assert.equal((await tables('denied', '--tenant', 'globex'))['Refusals']?.length, 1);
  assert.equal((await tables('denied', '--to', '2020-01-01'))['Refusals']?.length, 0);
});

test('findings by guard, category and tenant; changes in words, without what was refused', async () => {
  await writeLog();
  const findings = (await tables('findings'))['Findings of guards'];
  assert.deepEqual(
    findings?.map((row) => row.slice(0, 5)),
    [
      ['house', 'falcon', 'block', 'acme', 2],
      ['house', 'falcon', 'block', 'globex', 1],
    ],
  );
  const changes = (await tables('changes'))['Administration and configuration'];
  assert.deepEqual(
    changes?.map(([, what, , , by, change]) => [what, by, change]),
    [
      ['subject.erase', null, 'records: 2'],
      ['key.update', 'admin:adm_1', 'roles from [] to ["<b>"]'],
    ],
  );
});

test('integrity has the verdict of a verification, and sees an alteration', async () => {
  await writeLog();
  const whole = await tables('integrity');
  assert.deepEqual(whole['Verification']?.[0], ['verdict', 'intact']);
  const relaxed = whole['Gaps, relaxations and repairs']?.find(
    ([, what]) => what === 'audit_relaxed',
  );
  assert.equal(relaxed?.[2], 'onFailure: allow-with-gap');
  const [name = ''] = fs
    .readdirSync(folder.path('data/audit'))
    .filter((one) => one.endsWith('.log'));
  const path = folder.path(`data/audit/${name}`);
  const bytes = fs.readFileSync(path);
  bytes.write('k9', bytes.indexOf('k1'));
  fs.writeFileSync(path, bytes);
  assert.deepEqual((await tables('integrity'))['Verification']?.[0], ['verdict', 'ALTERED']);
});

test('a page and a table are files of their own, and names are checked', async () => {
  await writeLog();
  const html = await folder.run(['audit', 'report', 'changes', '--out', 'changes.html']);
  assert.equal(html.code, 0, html.err);
  assert.match(
    folder.read('changes.html'),
    /^<!doctype html>[\s\S]*roles from \[\] to \[&quot;&lt;b&gt;&quot;\]/u,
  );
  assert.equal(fs.statSync(folder.path('changes.html')).mode & 0o077, 0);
  const { out } = await folder.run(['audit', 'report', 'access', '--format', 'csv']);
  assert.match(out, /^Keys\r\nkey,tenant,team,user,roles,state,made,ends,last used\r\n/u);
  assert.equal((await folder.run(['audit', 'report', 'else'])).code, 2);
});
