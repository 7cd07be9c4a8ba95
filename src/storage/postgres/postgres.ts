/**
 * Connections to PostgreSQL. Bounded in number and in time: a gateway that hangs keeps no lock, and a
 * server that hangs keeps no gateway. Errors keep the code of the server and none of its sentences.
 */
import type { Client, ClientBase, Pool, PoolConfig } from 'pg';

import { Fault } from '#domain/fault.ts';

export type Row = Readonly<Record<string, unknown>>;
export type Query = (text: string, values?: readonly unknown[]) => Promise<readonly Row[]>;

export interface PostgresLink {
  readonly query: Query;
  /** Committed when `run` resolves; else nothing of it is there. */
  /** `statementMs`: how long one of its statements may take, or wait for a lock, where that is longer. */
  transaction<T>(run: (query: Query) => Promise<T>, statementMs?: number): Promise<T>;
  close(): Promise<void>;
}

export interface PostgresLimits {
  readonly connectionsMax: number;
  readonly statementMs: number;
  /** Settings that the server gives to each connection. */
  readonly options?: string;
}

/** One connection that hears what is told on a channel. */
export interface PostgresEar {
  readonly query: Query;
  close(): Promise<void>;
}

const CONNECT_MS = 2_000;
/** A server that hangs does not say goodbye, and nobody waits for it. */
const CLOSE_MS = 1_000;
const LOCALS = new Set(['localhost', '127.0.0.1', '::1']);

/** Only what an address says; `sslmode=no-verify` could turn the check of certificates off. */
export function postgresOptions(url: string): PoolConfig {
  const { hostname, port, username, password, pathname, searchParams } = new URL(url);
  const host = hostname.replace(/^\[(?<six>.*)\]$/u, '$<six>');
  const mode = searchParams.get('sslmode') ?? (LOCALS.has(host) ? 'disable' : 'verify-full');
  return {
    host,
    port: port === '' ? 5_432 : Number(port),
    user: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
    // Node checks the chain and the name unless it is told not to.
    ssl: mode === 'disable' ? false : { servername: host },
  };
}

export async function openPostgres(url: string, limits: PostgresLimits): Promise<PostgresLink> {
  const { default: pg } = await import('pg');
  const options = {
    ...boundedOptions(url, limits),
    max: limits.connectionsMax,
    onConnect: withoutJit,
  };
  const pool = new pg.Pool(options);
  // A connection that ends while it is idle: the next query opens another.
  pool.on('error', () => {});
  // One that ends in the middle of a transaction says so twice: to the query, or to the next one, and
  // to nobody in particular. Unheard, the second would end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return new Link(pool);
}

/**
 * Our statements read little, and lists that are merged look dear to the planner: it compiled a page of the
 * audit index for longer than it read it. A pooler that takes no settings leaves things as they are.
 */
async function withoutJit(client: ClientBase): Promise<void> {
  await client.query('SET jit = off').catch(() => {});
}

const boundedOptions = (
  url: string,
  { statementMs, options }: Omit<PostgresLimits, 'connectionsMax'>,
): PoolConfig => ({
  ...postgresOptions(url),
  connectionTimeoutMillis: CONNECT_MS,
  statement_timeout: statementMs,
  lock_timeout: statementMs,
  query_timeout: statementMs * 2,
  idle_in_transaction_session_timeout: statementMs * 2,
  application_name: 'llmproxy',
  keepAlive: true,
  ...(options === undefined ? {} : { options }),
});

/** `channel` is a constant of ours: it is put into a statement. Rejects with a `Fault`. */
export async function listenPostgres(
  url: string,
  channel: string,
  heard: {
    readonly statementMs: number;
    readonly onNotice: (payload: string) => void;
    /** The connection is over, also when it was closed. */
    readonly onEnd: () => void;
  },
): Promise<PostgresEar> {
  const { default: pg } = await import('pg');
  const client = new pg.Client(boundedOptions(url, heard));
  // Whoever asks it next has the fault.
  client.on('error', heard.onEnd);
  client.on('end', heard.onEnd);
  client.on('notification', ({ payload = '' }) => heard.onNotice(payload));
  const query = queryOf(client);
  try {
    await client.connect();
    await query(`LISTEN ${channel}`);
  } catch (thrown) {
    await ended(client);
    throw faultOf(thrown);
  }
  return { query, close: () => ended(client) };
}

async function ended(one: Pick<Client, 'end'> | Pick<Pool, 'end'>): Promise<void> {
  await Promise.race([
    // It is over either way.
    one.end().catch(() => {}),
    new Promise((resolve) => {
      setTimeout(resolve, CLOSE_MS).unref();
    }),
  ]);
}

class Link implements PostgresLink {
  readonly #pool: Pool;

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  readonly query: Query = async (text, values = []) => {
    try {
      return (await this.#pool.query<Row>(text, [...values])).rows;
    } catch (thrown) {
      throw faultOf(thrown);
    }
  };

  async transaction<T>(run: (query: Query) => Promise<T>, statementMs?: number): Promise<T> {
    let client;
    try {
      client = await this.#pool.connect();
    } catch (thrown) {
      throw faultOf(thrown);
    }
    let isWhole = false;
    try {
      const query = queryOf(client, statementMs === undefined ? undefined : statementMs * 2);
      await query('BEGIN');
      if (statementMs !== undefined) {
        const ms = String(statementMs);
        await query(
          "SELECT set_config('lock_timeout', $1, true), set_config('statement_timeout', $1, true)",
          [ms],
        );
      }
      const result = await run(query);
      await query('COMMIT');
      isWhole = true;
      return result;
    } finally {
      // A connection in the middle of something is ended; the server rolls it back.
      client.release(!isWhole);
    }
  }

  async close(): Promise<void> {
    await ended(this.#pool);
  }
}

/** `queryMs`: how long we wait for an answer, where that is not the client's own time. */
const queryOf =
  (client: ClientBase, queryMs?: number): Query =>
  async (text, values = []) => {
    const asked = { text, values: [...values], ...(queryMs && { query_timeout: queryMs }) };
    try {
      return (await client.query<Row>(asked)).rows;
    } catch (thrown) {
      throw faultOf(thrown);
    }
  };

function faultOf(thrown: unknown): Fault {
  if (thrown instanceof Fault) return thrown;
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unknown';
  return new PostgresFault(code, `PostgreSQL failed: ${code}`);
}

/**
 * Nobody there: connections that are refused, cut or never answered, and a server that starts, stops,
 * follows another, or has no connection, memory or room on its disk left (SQLSTATE class 53). A password that is wrong or a database that is missing is no absence.
 * `unknown`: the client's own time-outs have no code.
 */
const ABSENT =
  /^(?:unknown|E(?:CONNREFUSED|CONNRESET|TIMEDOUT|HOSTUNREACH|NETUNREACH|PIPE|NOTFOUND|AI_AGAIN)|08...|57P0[123]|57014|53[0-3]00|58030|55P03|25006)$/u;

/** What the server, or the way to it, has said. */
export class PostgresFault extends Fault {
  readonly isAbsence: boolean;

  constructor(sqlCode: string, where: string) {
    super('storage-failed', where);
    this.isAbsence = ABSENT.test(sqlCode);
  }
}

/** The server may be there later: nothing is wrong with what was asked, or with who asks. */
export const isAbsence = (thrown: unknown): boolean =>
  thrown instanceof PostgresFault && thrown.isAbsence;

/** 64-bit integers and sums come as text. One that a double does not hold exactly is a fault. */
export function exact(value: unknown): number {
  const number = Number(value ?? 0);
  if (!Number.isSafeInteger(number)) {
    throw new Fault('storage-failed', 'a number of PostgreSQL is too large to be exact');
  }
  return number;
}
