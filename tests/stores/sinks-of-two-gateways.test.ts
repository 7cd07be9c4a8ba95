/**
 * Two gateways with one configuration, as a fleet has: their writers have one name and begin at one number,
 * and a receiver that both send to has all of both. A copy is still a copy.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { sinksSection } from '#config/sinks-section.ts';
import { openSink } from '#runtime/sinks/open-sink.ts';
import { systemClock } from '#stdx/clock.ts';

import { openTestPostgres } from '../support/postgres.ts';
import { openSinkLog, runPump } from '../support/sink-log.ts';
import { elasticsearchWire, openReceiver } from '../support/sink-receivers.ts';
import { until } from '../support/streams.ts';

const postgres = await openTestPostgres();
after(() => postgres.close());

const apiKey = 'x'.repeat(24);

const sinkOf = (entry: object) => {
  const [section] = sinksSection.parse([{ name: 'siem', timeout: '2s', ...entry }]);
  assert.ok(section);
  const ports = { clock: systemClock, custody: null, folders: [], instance: 'gw' };
  return openSink(section, ports);
};

/** All that each gateway has goes to the receiver, twice. */
async function bothTwice(entry: object) {
  const logs = [await openSinkLog(), await openSinkLog()];
  const failures: unknown[] = [];
  const refused: string[] = [];
  let count = 0;
  try {
    for (const [at, log] of logs.entries()) {
      await log.append(5 + at);
      count += log.log.status().lastSeq;
      for (const name of ['first', 'again']) {
        const run = await runPump(log, sinkOf(entry), { name });
        await run.caughtUp();
        failures.push(...run.failures);
        refused.push(...run.refused);
        await run.pump.close(500);
      }
    }
    return { count, failures, refused };
  } finally {
    for (const log of logs) await log.close();
  }
}

test('postgres: all records of both are in the table, each once', async () => {
  const url = await postgres.database();
  const { count, failures, refused } = await bothTwice({ type: 'postgres', url });
  assert.deepEqual([failures, refused], [[], []]);
  const rows = await postgres.run(url, 'SELECT count(DISTINCT hash) FROM llmproxy_audit');
  assert.deepEqual(Object.values(rows[0] ?? {}), [String(count)]);
});

test('postgres: a table of before, whose key has no hash, refuses those of the second, and they wait', async (t) => {
  const url = await postgres.database();
  await postgres.run(
    url,
    `CREATE TABLE llmproxy_audit (writer text NOT NULL, seq bigint NOT NULL, at timestamptz NOT NULL,
       kind text NOT NULL, tenant text, prev text NOT NULL, hash text NOT NULL, record jsonb NOT NULL,
       PRIMARY KEY (writer, seq))`,
  );
  const [first, second] = [await openSinkLog(), await openSinkLog()];
  t.after(() => Promise.all([first.close(), second.close()]));
  await first.append(5);
  await second.append(5);
  const one = await runPump(first, sinkOf({ type: 'postgres', url }));
  await one.caughtUp();
  await one.pump.close(500);
  const other = await runPump(second, sinkOf({ type: 'postgres', url }));
  await until(() => other.failures.includes('refused'), 5_000, 'they are not taken for copies');
  // What the guide says to do.
  await postgres.run(
    url,
    `ALTER TABLE llmproxy_audit DROP CONSTRAINT llmproxy_audit_pkey,
       ADD PRIMARY KEY (writer, seq, hash)`,
  );
  await other.caughtUp();
  await other.pump.close(500);
  const rows = await postgres.run(url, 'SELECT count(DISTINCT hash) FROM llmproxy_audit');
  const count = first.log.status().lastSeq + second.log.status().lastSeq;
  assert.deepEqual(Object.values(rows[0] ?? {}), [String(count)]);
});

test('elasticsearch: all documents of both have ids of their own', async () => {
  const ids = new Map<string, unknown>();
  const receiver = await openReceiver(elasticsearchWire({ apiKey }, ids));
  try {
    const url = `${receiver.url}/es`;
    const entry = {
      type: 'elasticsearch',
      allowPrivateAddress: true,
      url,
      index: 'llmproxy-audit',
      apiKey,
    };
    const { count, failures, refused } = await bothTwice(entry);
    assert.deepEqual([failures, refused, receiver.problems], [[], [], []]);
    assert.equal(ids.size, count);
  } finally {
    await receiver.close();
  }
});
