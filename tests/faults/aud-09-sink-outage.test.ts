/**
 * AUD-09: a SIEM that is away, then slow, then takes records without its answer arriving. No call
 * waits for it, nothing is lost, each writer's order is kept, copies have the same key, and what is
 * missing is said. A whole gateway, over a restart and a reload.
 */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';

import { diskFiles } from '#audit/file-port.ts';
import { cursorPath, readCursor, writeCursor } from '#audit/sinks/cursor-file.ts';
import { listSegments } from '#audit/segment.ts';
import { systemTimers } from '#audit/timers.ts';
import { SpoolWatch } from '#runtime/sinks/spool-watch.ts';
import { sinksSection } from '#config/sinks-section.ts';
import { openSink } from '#runtime/sinks/open-sink.ts';
import { systemClock } from '#stdx/clock.ts';

import { openAdmin } from '../support/admin.ts';
import { webhookSecret } from '../support/alert-receiver.ts';
import { BASE, bearer, chat, DEMO, get, type House, openHouse, post } from '../support/house.ts';
import { eventually } from '../support/programs.ts';
import { until } from '../support/sink-contract.ts';
import { openSinkLog, runPump } from '../support/sink-log.ts';
import { openReceiver, type SinkReceiver, webhookWire } from '../support/sink-receivers.ts';

const CALLS = 40;
const secret = webhookSecret();
const canary = `canary-${randomBytes(8).toString('hex')}`;
const ENV = { SIEM_SECRET: secret };

const yamlTo = (url: string, more = ''): string => `${DEMO}${BASE}
guards: []
audit:
  sinks:
    - name: siem
      type: webhook
      url: ${url}/hook
      secret: \${env:SIEM_SECRET}
      timeout: 500ms
      from: start
      allowPrivateAddress: true
${more}
`;

const firsts = (keys: readonly string[]): string[] => [...new Set(keys)];

describe('AUD-09', () => {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-aud-09-'));
  let receiver: SinkReceiver;
  let house: House;
  let key = '';

  before(async () => {
    receiver = await openReceiver(webhookWire(secret));
    house = await openHouse(yamlTo(receiver.url), ENV, dir);
    key = await house.key();
  });
  after(async () => {
    await house.close();
    await receiver.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const calls = async (count: number): Promise<number> => {
    const startMs = performance.now();
    for (let call = 0; call < count; call += 1) {
      const asked = chat(`${canary} ${call}`);
      const { status } = await post(`${house.url}/v1/chat/completions`, asked, bearer(key));
      assert.equal(status, 200);
    }
    return (performance.now() - startMs) / count;
  };
  const metric = async (name: string): Promise<number> => {
    const { text } = await get(`${house.adminUrl}/metrics`);
    const line = text.split('\n').find((one) => one.startsWith(`${name}{sink="siem"}`));
    assert.ok(line, `${name} in ${text}`);
    return Number(line.split(' ')[1]);
  };
  const logged = async (): Promise<string[]> =>
    (await house.records()).map(({ writer, seq }) => `${writer}-${seq}`);
  /** Until everything that is in the log now has come; heartbeats may follow. */
  const complete = async (): Promise<void> => {
    const keys = await logged();
    const last = keys.at(-1) ?? '';
    await until(() => receiver.taken.includes(last), 20_000);
    assert.deepEqual(firsts(receiver.taken).slice(0, keys.length), keys);
  };

  test('it takes what is there', async () => {
    await calls(5);
    await complete();
    assert.equal(await metric('llmproxy_audit_sink_state'), 0);
  });

  test('away: calls go on as before, the lag grows and is told', async () => {
    const calmMs = await calls(CALLS);
    receiver.mode = 'stall';
    const stalledMs = await calls(CALLS);
    await until(() => house.running.world.sinks.status()[0]?.state === 'waiting');
    // Far from any wait for the receiver: one of its deadlines is 500 ms.
    assert.ok(stalledMs < calmMs + 50, `${stalledMs} ms a call, ${calmMs} before`);
    assert.ok((await metric('llmproxy_audit_sink_lag_records')) >= CALLS);
    // Bytes are looked at once a second.
    await eventually(async () => {
      assert.ok((await metric('llmproxy_audit_sink_lag_bytes')) > CALLS * 200);
    });
    assert.equal(await metric('llmproxy_audit_sink_state'), 1);
    assert.match(house.log(), /"event":"audit-sink-failing","target":"siem","code":"late"/u);
  });

  test('an administrator sees it, and a test says what is wrong', async () => {
    const admin = await openAdmin(house);
    const { body } = await admin.done('GET', 'audit/sinks');
    const [sink] = body['items'] as Record<string, unknown>[];
    assert.equal(sink?.['name'], 'siem');
    assert.deepEqual([sink?.['state'], sink?.['lastError']], ['waiting', 'late']);
    const late = await admin.done('POST', 'audit/sinks/siem/test');
    assert.deepEqual([late.body['isDelivered'], late.body['problem']], [false, 'late']);
    receiver.mode = 'accept';
    const well = await admin.done('POST', 'audit/sinks/siem/test');
    assert.deepEqual([well.body['isDelivered'], well.body['problem']], [true, null]);
    assert.ok(receiver.taken.some((one) => one.startsWith('sink-test-')));
    assert.equal((await admin.ask('POST', 'audit/sinks/nobody/test')).status, 404);
    receiver.taken.splice(
      receiver.taken.findIndex((one) => one.startsWith('sink-test-')),
      1,
    );
  });

  test('back, slow, then without answers: nothing is lost, and copies have the same key', async () => {
    await complete();
    receiver.mode = 'slow';
    await calls(10);
    await complete();
    receiver.mode = 'lose-answers';
    await calls(10);
    await until(() => receiver.taken.length > firsts(receiver.taken).length);
    receiver.mode = 'accept';
    await complete();
    assert.deepEqual(receiver.problems, []);
  });

  test('what was not sent before a stop is sent after the next start', async () => {
    receiver.mode = 'refuse';
    await calls(10);
    await house.close();
    house = await openHouse(yamlTo(receiver.url), ENV, dir);
    receiver.mode = 'accept';
    await complete();
  });

  test('an orderly stop sends its last records', async () => {
    await calls(3);
    await house.close();
    assert.ok(receiver.taken.length > 0);
    house = await openHouse(yamlTo(receiver.url), ENV, dir);
    const records = await house.records();
    const stop = records.findLast(({ action }) => action === 'stop');
    assert.ok(receiver.taken.includes(`main-${stop?.seq}`));
  });

  test('a reload leaves it alone, one that takes it out keeps its cursor, and it goes on there', async () => {
    await complete();
    const other = '    - { name: copy, type: file, path: copy.jsonl, personal: false }\n';
    assert.ok((await house.apply(yamlTo(receiver.url, other))).applied);
    await calls(3);
    await complete();
    const copied = (): string => readFileSync(join(dir, 'copy.jsonl'), 'utf8');
    await until(() => copied().split('\n').length > 3);
    assert.doesNotMatch(copied(), /alice|127\.0\.0\.1/u);
    assert.ok((await house.apply(`${DEMO}${BASE}guards: []\n`)).applied);
    await calls(5);
    const seen = receiver.taken.length;
    await new Promise((resolve) => setTimeout(resolve, 600));
    assert.equal(receiver.taken.length, seen);
    assert.deepEqual(readdirSync(join(dir, 'data', 'audit', 'sinks')).toSorted(), [
      'copy.cursor.json',
      'siem.cursor.json',
    ]);
    assert.ok((await house.apply(yamlTo(receiver.url))).applied);
    await complete();
    // Out and in again before the first has ended.
    await house.apply(`${DEMO}${BASE}guards: []\n`);
    assert.ok((await house.apply(yamlTo(receiver.url))).applied);
    await calls(2);
    await complete();
  });

  test('retention may delete up to where every required sink has the log for certain', async () => {
    await complete();
    const { lastSeq } = house.running.world.audit.status();
    await until(() => (house.running.world.sinks.acknowledged()?.get('main') ?? 0) >= lastSeq);
  });

  test('no content left with a record', () => {
    assert.ok(receiver.taken.length > 100);
    assert.ok(!house.log().includes(canary));
    assert.ok(!house.log().includes(secret));
  });
});

test('AUD-09: what retention took before a sink had it is said, and never passed over in silence', async (t) => {
  const receiver = await openReceiver(webhookWire(secret));
  const log = await openSinkLog({ segmentBytesMax: 20_000 });
  t.after(() => Promise.all([log.close(), receiver.close()]));
  for (let turn = 0; turn < 8; turn += 1) await log.append(40);
  const segments = listSegments(diskFiles, log.dir);
  assert.ok(segments.length > 3);
  // The sink has the first ten records; retention takes the first two files.
  const path = cursorPath(log.dir, 'siem');
  await writeCursor(path, { positions: new Map([['main', 10]]), treeSize: 0 }, 0);
  for (const { path: gone } of segments.slice(0, 2)) unlinkSync(gone);
  const url = `${receiver.url}/hook`;
  const [section] = sinksSection.parse([
    { name: 'siem', type: 'webhook', url, secret, allowPrivateAddress: true },
  ]);
  assert.ok(section);
  const run = await runPump(
    log,
    openSink(section, { clock: systemClock, custody: null, folders: [], instance: 'gw' }),
  );
  await run.caughtUp();
  await run.pump.close(500);
  const [gap, ...others] = run.missed;
  assert.deepEqual(others, []);
  assert.deepEqual([gap?.writer, gap?.from], ['main', 11]);
  assert.equal(receiver.taken[0], `main-${(gap?.to ?? 0) + 1}`);
  const kept = await readCursor(path);
  assert.equal(
    typeof kept === 'string' ? kept : kept.positions.get('main'),
    log.log.status().lastSeq,
  );
});

test('AUD-09: at 70 % of the quota of the spool an alert is raised, once', () => {
  let bytes = 0;
  const raised: number[] = [];
  const watch = new SpoolWatch(systemTimers, () => bytes);
  watch.bytesMax = 1_000;
  watch.onFilling = (percent) => void raised.push(percent);
  for (bytes of [0, 699, 700, 900, 650, 720, 599, 710]) watch.look();
  watch.stop();
  assert.deepEqual(raised, [70, 71]);
});
