/** The real PostgreSQL at the other end of a sink: one row a record, whatever comes twice. */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { sampleEvent } from '#audit/sinks/samples.contract.ts';
import { sinksSection } from '#config/sinks-section.ts';
import { openSink } from '#runtime/sinks/open-sink.ts';
import { Cancellation } from '#stdx/cancellation.ts';
import { systemClock } from '#stdx/clock.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';

import { openTestPostgres, type TestPostgres } from '../support/postgres.ts';
import { until } from '../support/sink-contract.ts';
import { openSinkLog, runPump } from '../support/sink-log.ts';

describe('a table of PostgreSQL', () => {
  let server: TestPostgres;
  before(async () => {
    server = await openTestPostgres();
  });
  after(() => server.close());

  const sinkTo = (url: string, entry: object = {}) => {
    const [section] = sinksSection.parse([
      { name: 'db', type: 'postgres', url, timeout: '500ms', ...entry },
    ]);
    assert.ok(section);
    return openSink(section, { clock: systemClock, custody: null, folders: [], instance: 'gw' });
  };

  test('takes every record once, through a table that is locked and a connection that is cut', async () => {
    const url = await server.database();
    const link = await openPostgres(url, { connectionsMax: 2, statementMs: 5_000 });
    const log = await openSinkLog();
    try {
      await log.append(700);
      const run = await runPump(log, sinkTo(url), { name: 'db' });
      await run.caughtUp();
      await link.transaction(async (query) => {
        await query('LOCK TABLE llmproxy_audit IN ACCESS EXCLUSIVE MODE');
        await log.append(50);
        await until(() => run.failures.length >= 2);
      });
      await run.caughtUp();
      await link.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'llmproxy' AND pid <> pg_backend_pid() AND datname = current_database()",
      );
      await log.append(50);
      await run.caughtUp();
      // Everything again, from the beginning: a cursor that was lost.
      await run.pump.close(500);
      const copies = await runPump(log, sinkTo(url), { name: 'other' });
      await copies.caughtUp();
      await copies.pump.close(500);
      const rows = await link.query(
        'SELECT writer, seq, prev, hash FROM llmproxy_audit ORDER BY seq',
      );
      assert.deepEqual(
        rows.map(({ writer, seq }) => `${String(writer)}-${String(seq)}`),
        log.keys(),
      );
      // The chain can be followed in the database: each `prev` is the hash of the row before.
      for (const [at, row] of rows.entries()) {
        if (at > 0) assert.equal(row['prev'], rows[at - 1]?.['hash']);
      }
    } finally {
      await link.close();
      await log.close();
    }
  });

  test('a text that jsonb does not take is stored with a mark in its place, and ends nothing', async () => {
    const url = await server.database();
    const sink = sinkTo(url, { table: 'public.audit_two' });
    const events = [sampleEvent(1, { kind: 'complete', endUser: 'a\0b\ud800c', tenant: 'a\0' })];
    await sink.send({ kind: 'records', events }, new Cancellation());
    await sink.close();
    const link = await openPostgres(url, { connectionsMax: 1, statementMs: 5_000 });
    const [row] = await link.query("SELECT record->>'endUser' AS it FROM public.audit_two");
    await link.close();
    assert.equal(row?.['it'], 'a\ufffdb\ufffdc');
  });

  test('a password that is wrong is told from a server that is away', async () => {
    const url = await server.database();
    const wrong = new URL(url);
    wrong.password = 'wrong';
    const parcel = { kind: 'records', events: [sampleEvent(1, { kind: 'system' })] } as const;
    const cancellation = new Cancellation();
    await assert.rejects(sinkTo(wrong.href).send(parcel, cancellation), /unauthorized/u);
    const away = new URL(url);
    away.port = '1';
    await assert.rejects(sinkTo(away.href).send(parcel, cancellation), /unreachable/u);
  });
});
