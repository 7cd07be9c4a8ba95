/**
 * Administrative changes: one transaction with its outbox row, its number and its notice. The number
 * is one row that every change counts up first, so changes of all gateways are made one after another,
 * as they are on one SQLite.
 */
import { setTimeout as delay } from 'node:timers/promises';

import { Fault } from '#domain/fault.ts';
import { assert } from '#stdx/assert.ts';
import type { Result } from '#stdx/result.ts';

import type { OutboxEntry, Storage, StorageWrites } from '../storage.ts';
import { exact, type PostgresLink, type Query } from './postgres.ts';
import { writesOf } from './repositories.ts';
import { CHANNEL } from './watch-changes.ts';

/** Rows are first for the gateway that made the change: its log has the record soonest. */
const OWN_SECONDS = 2;
/** How often, and how far apart, it is asked what became of a COMMIT that was not answered. */
const ASKED_MAX = 10;
const ASK_EVERY_MS = 500;

interface Begun {
  readonly version: number;
  /** What the server calls the transaction. */
  readonly xid: string;
}

export interface ChangePorts {
  readonly link: PostgresLink;
  /** Names this gateway. */
  readonly instance: string;
  readonly onMade: (version: number) => void;
}

export function changesOf(ports: ChangePorts): Storage['change'] {
  // One at a time here as well: those that wait for the number hold no connection.
  let tail: Promise<unknown> = Promise.resolve();
  return (entry, work) => {
    const done = tail.then(() => make(ports, entry, work));
    // One failed change fails its own caller, not those behind it.
    tail = done.catch(() => {});
    return done;
  };
}

async function make<T, E>(
  { link, instance, onMade }: ChangePorts,
  entry: OutboxEntry,
  work: (tx: StorageWrites) => Promise<Result<T, E>>,
): Promise<Result<T, E>> {
  const step: { begun: Begun | null; outcome: Result<T, E> | null } = {
    begun: null,
    outcome: null,
  };
  try {
    await link.transaction(async (query) => {
      step.begun = await begin(query, entry, instance);
      const outcome = await work(writesOf(query));
      // What is committed then is a new transaction, and empty.
      if (!outcome.ok) await query('ROLLBACK AND CHAIN');
      step.outcome = outcome;
    });
  } catch (thrown) {
    // Before COMMIT was sent there is nothing to ask: it is undone.
    if (step.begun === null || step.outcome?.ok !== true) throw thrown;
    if (!(await wasCommitted(link, step.begun.xid))) throw thrown;
  }
  const { begun, outcome } = step;
  assert(begun !== null && outcome !== null, 'a transaction that was committed has run');
  if (outcome.ok) onMade(begun.version);
  return outcome;
}

async function begin(query: Query, entry: OutboxEntry, instance: string): Promise<Begun> {
  const { id, at, actor, action, resource, tenant, diff } = entry;
  const [row] = await query(
    `WITH counted AS (UPDATE llmproxy.data_version SET version = version + 1 RETURNING version),
    noted AS (INSERT INTO llmproxy.outbox
        (id, at, actor, action, resource, tenant, diff, claimed_by, claimed_until)
      SELECT $1, $2, $3, $4, $5, $6, $7, $8, now() + interval '${OWN_SECONDS} seconds' FROM counted)
    SELECT version, pg_current_xact_id()::text AS xid,
      pg_notify('${CHANNEL}', version::text) AS told FROM counted`,
    [id, at, actor, action, resource, tenant, JSON.stringify(diff), instance],
  );
  return { version: exact(row?.['version']), xid: String(row?.['xid']) };
}

/** The server is asked by the name of the transaction: a change is neither made twice nor lost. */
async function wasCommitted(link: PostgresLink, xid: string): Promise<boolean> {
  for (let asked = 0; asked < ASKED_MAX; asked += 1) {
    const status = await statusOf(link, xid);
    if (status === 'committed') return true;
    if (status === 'aborted') return false;
    await delay(ASK_EVERY_MS);
  }
  throw new Fault('storage-failed', 'PostgreSQL does not say whether a change was committed');
}

async function statusOf({ query }: PostgresLink, xid: string): Promise<unknown> {
  try {
    const [row] = await query('SELECT pg_xact_status($1::xid8) AS status', [xid]);
    return row?.['status'];
  } catch (thrown) {
    // Still away: it is asked again.
    if (thrown instanceof Fault) return null;
    throw thrown;
  }
}
