import assert from 'node:assert/strict';
import { test } from 'node:test';

import { formatIssues } from './issue.ts';
import { checkConfig } from './load.ts';
import { printConfig } from './print.ts';
import { ledgerUrl, urlWithPassword } from './stores-section.ts';

const PASSWORD = 'a-password-that-nobody-sees';

const STORAGE = 'storage: { type: postgres, url: "postgres://u@db.example/llmproxy" }';

const check = (yaml: string) =>
  checkConfig(`version: 1\nguards: []\n${yaml}\n`, '/nowhere/llmproxy.yaml', { SECRET: PASSWORD });

async function problemsOf(yaml: string): Promise<string> {
  const loaded = await check(yaml);
  return loaded.ok ? '' : formatIssues(loaded.problems);
}

test('a URL says where, and nothing that turns a check off', async () => {
  const counters = (url: string): string => `counters: { type: valkey, url: "${url}" }`;
  const ledger = (url: string): string => `ledger: { type: postgres, url: "${url}" }`;
  for (const fine of [
    counters('redis://localhost'),
    counters('rediss://user:pass@valkey.example:6380/3'),
    ledger('postgres://u@db.example/llmproxy?sslmode=verify-full'),
    ledger('postgresql://u:p@[::1]:5432/llmproxy'),
  ]) {
    assert.equal(await problemsOf(fine), '', fine);
  }
  for (const wrong of [
    counters('http://localhost'),
    counters('rediss://valkey.example?tls=insecure'),
    counters('redis:///0'),
    ledger('postgres://u@db.example/llmproxy?sslmode=no-verify'),
    ledger('postgres://u@db.example/llmproxy?host=/tmp'),
    ledger('postgres://u@db.example/'),
    ledger('redis://db.example/llmproxy'),
  ]) {
    assert.match(await problemsOf(wrong), /write (?:redis|postgres):/u, wrong);
  }
});

test('budgets over shared counters need a shared ledger', async () => {
  const shared = 'counters: { type: valkey, url: "redis://localhost" }\n';
  const budgets = 'budgets: [{ name: m, per: [tenant], usd: 1, period: day }]';
  assert.match(await problemsOf(shared + budgets), /need a ledger that is shared/u);
  const ledger = '\nledger: { type: postgres, url: "postgres://u@localhost/llmproxy" }';
  assert.equal(await problemsOf(shared + budgets + ledger), '');
  assert.equal(await problemsOf(`${shared}${budgets}\n${STORAGE}`), '', 'it is where the store is');
});

test('the ledger is where the store is, unless it is said to be on another server', async () => {
  const placeOf = async (yaml: string): Promise<string | null> => {
    const loaded = await check(yaml);
    assert.ok(loaded.ok, yaml);
    return ledgerUrl(loaded.config);
  };
  assert.equal(await placeOf(''), null);
  assert.equal(await placeOf('ledger: { type: sqlite }'), null);
  assert.match((await placeOf(STORAGE)) ?? '', /db\.example/u);
  const other = 'ledger: { type: postgres, url: "postgres://u@other.example/llmproxy" }';
  assert.match((await placeOf(`${STORAGE}\n${other}`)) ?? '', /other\.example/u);
  assert.match(
    await problemsOf(`${STORAGE}\nledger: { type: sqlite }`),
    /no embedded ledger where storage is postgres/u,
  );
  const metering =
    'metering: { receivers: [{ name: u, type: openmeter, url: "https://m.example/events", apiKey: "${env:SECRET}" }] }';
  assert.equal(await problemsOf(`${STORAGE}\n${metering}`), '');
  assert.equal(await problemsOf(`${STORAGE}\n${other}\n${metering}`), '', 'told from that ledger');
});

test('what is on loan can be spent while the store is away where something is lent', async () => {
  const counters = (leases: string, budgets: string): string =>
    `counters: { type: valkey, url: "redis://localhost"${leases}, onUnavailable: { budgets: ${budgets} } }`;
  assert.equal(await problemsOf(counters(', leases: true', 'lease')), '');
  assert.match(await problemsOf(counters('', 'lease')), /`counters.leases` is off/u);
  assert.match(await problemsOf(counters(', leases: false', 'lease')), /is off/u);
  assert.equal(await problemsOf(counters('', 'soft')), '');
  const workers = 'server: { listen: "127.0.0.1:0", workers: 2, workerLeases: true }';
  assert.equal(await problemsOf(workers), '');
  const both = `${workers}\n${counters(', leases: true', 'deny')}`;
  assert.match(await problemsOf(both), /server.workerLeases.*a server counts/su);
});

test('a store on a server serves from memory for an hour unless something else is said', async () => {
  const loaded = await check(STORAGE);
  assert.ok(loaded.ok && loaded.config.storage.type === 'postgres');
  assert.equal(loaded.config.storage.staleMax.ms, 3_600_000);
  const endless = STORAGE.replace(' }', ', staleMax: 30d }');
  assert.match(await problemsOf(endless), /from 1s to 7d/u);
});

test('a password is used and not shown, however it came into the file', async () => {
  for (const yaml of [
    `counters: { type: valkey, url: "redis://u:${PASSWORD}@localhost" }`,
    'counters: { type: valkey, url: "redis://u:${env:SECRET}@localhost" }',
    'counters: { type: valkey, url: "redis://u@localhost", password: "${env:SECRET}" }',
    `counters: { type: valkey, url: "redis://u@localhost", password: "${PASSWORD}" }`,
  ]) {
    const loaded = await check(yaml);
    assert.ok(loaded.ok && loaded.config.counters !== undefined, yaml);
    const url = new URL(urlWithPassword(loaded.config.counters));
    assert.equal(decodeURIComponent(url.password), PASSWORD);
    assert.ok(!printConfig(loaded.config, loaded.secretsAt, true).includes(PASSWORD), yaml);
  }
  const strange = urlWithPassword({ url: 'redis://localhost', password: 'a/b?c#d@e:%41' });
  assert.equal(decodeURIComponent(new URL(strange).password), 'a/b?c#d@e:%41');
  const issue = await problemsOf(`counters: { type: valkey, url: "http://u:${PASSWORD}@x" }`);
  assert.ok(issue !== '' && !issue.includes(PASSWORD));
});
