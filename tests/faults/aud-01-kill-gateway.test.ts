/** AUD-01, the whole gateway: `kill -9` under mixed load, round after round, loses nothing that was answered. */
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { readRecords } from '#audit/read.ts';
import type { AuditRecord } from '#audit/record.ts';
import { verifyLog } from '#audit/verify.ts';

import { GatewayFolder, type GatewayProcess } from '../support/gateway-process.ts';
import { BASE, bearer, chat, DEMO, get, TENANT } from '../support/house.ts';
import { IS_FULL, terminalRecords } from '../support/streams.ts';

const ROUNDS = IS_FULL ? 50 : 8;
const ACKNOWLEDGED_MIN = IS_FULL ? 100_000 : 5_000;
const CALLERS = 12;

const YAML = `${DEMO}${BASE}server: { listen: "127.0.0.1:0" }
limits: [{ name: wide, per: [key], tokens: 1000000000/1m }]
guards: [{ name: secrets, type: secrets, action: redact }, { name: house, type: topics, on: [request], rules: [{ match: "project falcon", action: block }] }]`;

interface Kind {
  readonly body: object;
  readonly status: number;
  /** What the answer has in it when all of it has come. */
  readonly whole: RegExp;
}

/** Answered, streamed, blocked, refused and failed: each has its records. */
const KINDS: readonly Kind[] = [
  { body: chat('hello'), status: 200, whole: /"usage"/u },
  { body: chat('hello there', { stream: true }), status: 200, whole: /data: \[DONE\]\n\n$/u },
  { body: chat('hello again'), status: 200, whole: /"usage"/u },
  { body: chat('demo:long=200 go', { stream: true }), status: 200, whole: /data: \[DONE\]\n\n$/u },
  { body: chat('about project falcon'), status: 400, whole: /content_filter/u },
  { body: chat('x', { model: 'nobody-has-this' }), status: 404, whole: /model_not_found/u },
  { body: chat('demo:slow=30 hm'), status: 200, whole: /"usage"/u },
];

/** Calls until the process is gone; request ids of answers that came to their end. */
async function callUntilKilled(
  gateway: GatewayProcess,
  key: string,
  acknowledged: string[],
  killAfter: number,
): Promise<void> {
  const before = acknowledged.length;
  let isKilled = false;
  let turn = 0;
  const caller = async (): Promise<void> => {
    while (!isKilled) {
      const kind = KINDS[turn % KINDS.length];
      assert.ok(kind !== undefined);
      turn += 1;
      try {
        const response = await fetch(`${gateway.url}/v1/chat/completions`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', ...bearer(key) },
          body: JSON.stringify(kind.body),
        });
        const text = await response.text();
        // A machine that is busy with other tests may make it shed: then it has promised nothing.
        if (response.status === 503 && text.includes('"overloaded"')) continue;
        assert.equal(response.status, kind.status, text);
        if (kind.whole.test(text)) acknowledged.push(response.headers.get('x-request-id') ?? '');
      } catch (thrown) {
        // The kill cuts connections; anything else is a failure of the test.
        if (!isKilled || thrown instanceof assert.AssertionError) throw thrown;
      }
      if (!isKilled && acknowledged.length - before >= killAfter) {
        isKilled = true;
        gateway.kill('SIGKILL');
      }
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, caller));
  assert.equal((await gateway.exited).signal, 'SIGKILL');
}

test('kill -9 of the gateway: no answer without its records, one end for every admitted call', async (t) => {
  const folder = new GatewayFolder(YAML);
  try {
    const { key } = folder.key(TENANT);
    const acknowledged: string[] = [];
    const each = Math.ceil(ACKNOWLEDGED_MIN / ROUNDS);
    for (let round = 0; round < ROUNDS; round += 1) {
      const gateway = await folder.start();
      await callUntilKilled(gateway, key, acknowledged, each + Math.floor(Math.random() * 60));
      assert.ok([0, 4].includes(verifyLog(folder.auditDir).exit), `round ${round}`);
    }
    assert.ok(acknowledged.length >= ACKNOWLEDGED_MIN);
    assert.equal(new Set(acknowledged).size, acknowledged.length);

    const last = await folder.start();
    // It has said that it is ready before it listens to signals; an answer shows that it does.
    assert.equal((await get(`${last.url}/livez`)).status, 200);
    last.kill('SIGTERM');
    assert.equal((await last.exited).code, 0);
    const verdict = verifyLog(folder.auditDir);
    assert.equal(verdict.exit, 0, JSON.stringify(verdict.firstBad));

    const ended = new Set<string>();
    const records: AuditRecord[] = [];
    for await (const { record } of readRecords(folder.auditDir)) {
      records.push(record);
      if (record.kind === 'complete' || record.kind === 'deny') ended.add(record.requestId ?? '');
    }
    assert.deepEqual(
      acknowledged.filter((id) => !ended.has(id)),
      [],
      'acknowledged and lost',
    );
    const admitted = terminalRecords(records).size;
    const recoveries = records.filter(({ action }) => action === 'recovered').length;
    assert.equal(recoveries, ROUNDS);
    t.diagnostic(
      `${acknowledged.length} answers in ${ROUNDS} kills, 0 lost; ${admitted} admitted, each with one end; ${verdict.records} records`,
    );
  } finally {
    folder.remove();
  }
});
