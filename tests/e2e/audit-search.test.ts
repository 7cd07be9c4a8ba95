/** Records of a whole gateway: found, followed, shown, and forgotten, by who may. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { type Admin, openAdmin } from '../support/admin.ts';
import { BASE, bearer, chat, DEMO, type House, openHouse, post } from '../support/house.ts';
import { eventually } from '../support/programs.ts';

const YAML = `${DEMO}${BASE}
  - id: globex
    bindings: [{ role: developer, users: ["*"], keys: ["*"] }]
guards:
  - { name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }
`;

let house: House;
let admin: Admin;
let key = '';
let folder = '';
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'llmproxy-search-'));
  house = await openHouse(YAML, {}, folder);
  admin = await openAdmin(house);
  key = await house.key({ user: 'alice' });
});
after(async () => {
  await house.close();
  rmSync(folder, { recursive: true, force: true });
});

type Row = Readonly<Record<string, unknown>>;

async function search(query: string, token = admin.token): Promise<readonly Row[]> {
  const url = `${house.adminUrl}/admin/v1/audit/records?${query}`;
  const response = await fetch(url, { headers: bearer(token) });
  const text = await response.text();
  assert.equal(response.status, 200, text);
  return (JSON.parse(text) as { items: Row[] }).items;
}

const say = (content: string, apiKey = key) =>
  post(`${house.url}/v1/chat/completions`, chat(content), bearer(apiKey));

test('a call and a refusal are found a moment later, and shown as the log has them', async () => {
  assert.equal((await say('hello')).status, 200);
  assert.equal((await say('about project falcon')).status, 400);
  const [refused] = await eventually(async () => {
    const rows = await search('guard=house&user=alice');
    assert.equal(rows.length, 1);
    return rows;
  });
  assert.ok(refused !== undefined);
  const [finding] = refused['findings'] as Row[];
  assert.deepEqual([finding?.['guard'], finding?.['action']], ['house', 'block']);
  assert.deepEqual(
    [refused['decision'], refused['status'], refused['tenant']],
    ['deny', 400, 'acme'],
  );
  const { body } = await admin.done(
    'GET',
    `audit/records/${String(refused['writer'])}/${String(refused['seq'])}`,
  );
  const record = body['record'] as Row;
  assert.deepEqual([record['requestId'], record['user']], [refused['requestId'], 'alice']);
  assert.ok(Array.isArray(record['guards']));
  assert.equal((await search(`requestId=${String(refused['requestId'])}`)).length, 2);
  const complete = await search('kind=complete&costMinNanoUsd=1');
  assert.equal(complete.length, 1);
});

test('a tenant’s administrator finds its own and no others', async () => {
  const other = await house.key({ tenant: 'globex', user: 'gus' });
  assert.equal((await say('hello', other)).status, 200);
  const made = await admin.done('POST', 'admin-tokens', { role: 'tenant-admin', tenant: 'acme' });
  const token = String(made.body['token']);
  await eventually(async () =>
    assert.equal((await search('tenant=globex&kind=complete')).length, 1),
  );
  const own = await search('limit=200', token);
  assert.ok(own.length >= 4);
  assert.ok(own.every(({ tenant }) => tenant === 'acme'));
});

test('a configuration that comes into force says what it changed', async () => {
  const limits = 'limits: [{ name: per-key, per: [key], requests: 500/1m }]\n';
  assert.ok((await house.apply(`${YAML}${limits}`)).applied);
  const [row] = await eventually(async () => {
    const rows = await search('action=config.reload');
    assert.equal(rows.length, 1);
    return rows;
  });
  const path = `audit/records/${String(row?.['writer'])}/${String(row?.['seq'])}`;
  const { body } = await admin.done('GET', path);
  assert.match(
    JSON.stringify(body['record']),
    /"diff":\[\{"from":\[\],"kind":"changed","path":"limits","to":\[\{.*"per-key"/u,
  );
  const report = await admin.done('GET', 'reports/changes');
  assert.match(JSON.stringify(report.body), /limits from \[\] to \[\{/u);
  assert.ok((await house.apply(YAML)).applied);
});

test('records come as they are written', async () => {
  const stop = new AbortController();
  const url = `${house.adminUrl}/admin/v1/audit/tail?kind=complete`;
  const response = await fetch(url, { headers: bearer(admin.token), signal: stop.signal });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const { body } = response;
  assert.ok(body !== null);
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await say('hello again')).status, 200);
  const { value = '' } = await reader.read();
  assert.match(value, /^event: record\nid: main:\d+\ndata: \{.*"kind":"complete"/u);
  stop.abort();
  await reader.cancel().catch(() => {});
});

test('who is erased is found no more, nor after a restart', async () => {
  assert.ok((await search('user=alice')).length > 0);
  await admin.done('POST', 'erasures', { tenant: 'acme', user: 'alice' });
  assert.equal((await search('user=alice')).length, 0);
  assert.ok((await search('tenant=acme')).length > 4, 'the records are still there');
  await house.close();
  house = await openHouse(YAML, {}, folder);
  const again = await search('tenant=acme&limit=200');
  assert.ok(again.length > 4);
  assert.ok(!JSON.stringify(again).includes('alice'));
});
