/**
 * Moves administrative changes from the store's outbox into the log. A row is written with its
 * change, removed only after its record is on the disk, and carries its id as `requestId`: a crash
 * in between writes it once, because the ids at the end of the log are known at recovery.
 */
import type { JsonValue } from '#stdx/json.ts';

import { ADMIN_IDS_MAX } from './recovery.ts';
import type { Timers } from './timers.ts';
import type { AuditLog } from './writer.ts';

const POLL_MS = 250;
/** While the store is away it is asked ever less often, up to this. */
const AWAY_MS_MAX = 4_000;
/** Rows in one step; far below the number of ids that recovery remembers. */
const ROWS_MAX = 100;

export interface OutboxRow {
  readonly id: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly actor: string;
  readonly action: string;
  readonly resource: string;
  readonly tenant: string | null;
  readonly diff: JsonValue;
}

export interface OutboxPort {
  pending(limit: number): Promise<readonly OutboxRow[]>;
  remove(ids: readonly string[]): Promise<void>;
}

export interface OutboxDrain {
  /** There is something: do not wait for the next poll. */
  kick(): void;
  close(): Promise<void>;
}

export function drainOutbox(
  outbox: OutboxPort,
  log: Pick<AuditLog, 'append' | 'flush' | 'recentAdminIds'>,
  { timers, onFault }: { timers: Timers; onFault: (thrown: unknown) => void },
): OutboxDrain {
  const written = new Set(log.recentAdminIds);
  let isClosed = false;
  let isKicked = false;
  let cancel = (): void => {};
  let running: Promise<void> | null = null;

  const step = async (): Promise<number> => {
    const rows = await outbox.pending(ROWS_MAX);
    if (rows.length === 0) return 0;
    for (const row of rows.filter(({ id }) => !written.has(id))) {
      await log.append(draftOf(row));
      remember(written, row.id);
    }
    // The disk first: a row that is gone from the outbox exists nowhere else.
    await log.flush();
    await outbox.remove(rows.map(({ id }) => id));
    return rows.length;
  };

  /** Turns in a row that have failed. */
  let faults = 0;

  const run = async (): Promise<void> => {
    try {
      do {
        isKicked = false;
        while ((await step()) === ROWS_MAX);
      } while (isKicked);
      faults = 0;
    } catch (thrown) {
      // The store or the log is away. The rows are safe where they are; the next poll tries again.
      faults += 1;
      onFault(thrown);
    }
  };

  const start = (): void => {
    cancel();
    isKicked = true;
    if (running !== null || isClosed) return;
    running = run().then(() => {
      running = null;
      const waitMs = Math.min(AWAY_MS_MAX, POLL_MS * 2 ** faults);
      if (!isClosed) cancel = timers.after(waitMs, start);
    });
  };

  start();
  return {
    kick: start,
    async close() {
      isClosed = true;
      cancel();
      await running;
      // Changes of the last moments: an orderly stop leaves nothing behind.
      await run();
    },
  };
}

const draftOf = ({ id, at, actor, action, resource, tenant, diff }: OutboxRow) => ({
  kind: 'admin' as const,
  requestId: id,
  user: actor,
  action,
  resource,
  diff,
  first: new Date(at).toISOString(),
  ...(tenant === null ? {} : { tenant }),
});

/** Bounded: the oldest id leaves. It was removed from the outbox long before. */
function remember(written: Set<string>, id: string): void {
  written.add(id);
  if (written.size <= ADMIN_IDS_MAX) return;
  for (const oldest of written) {
    written.delete(oldest);
    return;
  }
}
