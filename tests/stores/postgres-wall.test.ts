/** TEN-01: behind the conditions of our statements PostgreSQL keeps tenants apart by itself. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';

import { systemClock } from '#stdx/clock.ts';
import { ok } from '#stdx/result.ts';
import { openPostgres } from '#storage/postgres/postgres.ts';
import { narrow, SEES_ALL } from '#storage/postgres/scope.ts';
import { openPostgresStorage } from '#storage/postgres/storage.ts';

import { openTestPostgres } from '../support/postgres.ts';

const server = await openTestPostgres();
after(() => server.close());

const LIMITS = { connectionsMax: 2, statementMs: 10_000 };

const teamOf = (id: string, tenant: string) => ({
  id,
  tenant,
  name: null,
  createdMs: 1,
  version: 1,
});

async function opened() {
  const url = await server.plainDatabase();
  const store = await openPostgresStorage({ url, instance: 'one' }, systemClock);
  const entry = {
    id: 'e',
    at: 1,
    actor: 'a',
    action: 'x',
    resource: 'r',
    tenant: null,
    diff: null,
  };
  await store.change(entry, async (tx) => {
    await tx.teams.insert(teamOf('ours', 'acme'));
    await tx.teams.insert(teamOf('theirs', 'other'));
    return ok(null);
  });
  return { url, store };
}

test('a statement that forgets its condition sees nothing of another tenant, and writes nothing there', async () => {
  const { url, store } = await opened();
  assert.equal(store.isWalled, true);
  const link = await openPostgres(url, { ...LIMITS, options: SEES_ALL });
  const within = <T>(run: Parameters<typeof link.transaction<T>>[0]) =>
    link.transaction<T>(async (query) => {
      await narrow(query, 'acme');
      return await run(query);
    });
  const seen = await within((query) => query('SELECT id FROM llmproxy.teams'));
  assert.deepEqual(seen, [{ id: 'ours' }]);
  const asked = await within((query) =>
    query("SELECT id FROM llmproxy.teams WHERE tenant = 'other' OR id = 'theirs' OR true"),
  );
  assert.deepEqual(asked, [{ id: 'ours' }]);
  const gone = await within((query) => query('DELETE FROM llmproxy.teams RETURNING id'));
  assert.deepEqual(gone, [{ id: 'ours' }]);
  await assert.rejects(
    within((query) =>
      query("INSERT INTO llmproxy.teams VALUES ('planted', 'other', 1, '{}'::jsonb) RETURNING id"),
    ),
  );
  assert.deepEqual(await store.teams.find('theirs'), teamOf('theirs', 'other'));
  // The scope ends with its transaction.
  assert.equal((await link.query('SELECT id FROM llmproxy.teams')).length, 1);
  await link.close();
  await store.close();
});

test('a connection that says nothing sees nothing, also the owner’s, and every table of tenants has its wall', async () => {
  const { url, store } = await opened();
  const link = await openPostgres(url, LIMITS);
  assert.deepEqual(await link.query('SELECT id FROM llmproxy.teams'), []);
  const open = await link.query(
    `SELECT relname FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace
      JOIN pg_attribute a ON attrelid = pg_class.oid AND attname = 'tenant'
    WHERE nspname = 'llmproxy' AND relkind = 'r' AND NOT (relrowsecurity AND relforcerowsecurity)
    ORDER BY relname`,
  );
  // The ledger and receivers are read for all tenants or by a condition; these tables name none.
  assert.deepEqual(
    open.map(({ relname }) => relname),
    [
      'alert_silences',
      'config_changes',
      'ledger',
      'ledger_meter_told',
      'ledger_usage',
      'meter_told',
      'outbox',
      'saved_views',
      'settings',
    ],
  );
  await link.close();
  await store.close();
});

test('behind the wall every look-up of a call still has its index', async () => {
  const { url, store } = await opened();
  const link = await openPostgres(url, { ...LIMITS, options: SEES_ALL });
  const lookUps = [
    ['keys', "id = 'k'"],
    ['keys', "run_path IS NOT NULL AND run_holder = 'h' AND ends_ms > 5"],
    ['keys', "run_path IS NOT NULL AND (run_path >= 'a/' AND run_path < 'a0')"],
    ['keys', 'run_path IS NOT NULL AND ends_ms < 5'],
    ['sessions', "owner = 'o'"],
    ['sessions', "sid_hash = 's'"],
    ['users', "tenant = 'acme' AND folded = lower('A' COLLATE \"C\")"],
    ['users', "tenant = 'acme' AND external_id = 'x'"],
    ['users', 'is_locked_out'],
    ['held_state', "id_hash = ANY('{a,b}')"],
    ['tool_pins', "id > 'a-' AND id < 'a.'"],
  ] as const;
  await link.transaction(async (query) => {
    await query('SET LOCAL enable_seqscan = off');
    for (const [table, condition] of lookUps) {
      const plan = await query(`EXPLAIN SELECT * FROM llmproxy.${table} WHERE ${condition}`);
      const text = plan.map((row) => String(row['QUERY PLAN'])).join('\n');
      assert.match(text, /Index Cond|users_locked_out/u, `${table} ${condition}\n${text}`);
    }
  });
  await link.close();
  await store.close();
});

test('a role that walks through the wall is told apart', async () => {
  const store = await openPostgresStorage(
    { url: await server.database(), instance: 'one' },
    systemClock,
  );
  assert.equal(store.isWalled, false);
  await store.close();
});
