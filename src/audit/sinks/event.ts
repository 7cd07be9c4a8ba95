/** Records as sinks see them: without what is personal where a sink is not to have it, and the test. */
import { type AuditRecord, NO_PREVIOUS } from '../record.ts';
import type { SinkEvent } from './sink.ts';

/** `user`, `endUser`, `ip` and `textDigest` are left out. The hash is still the record's own. */
export function withoutPersons(event: SinkEvent): SinkEvent {
  const { user: _user, endUser: _endUser, ip: _ip, ...record } = event.record;
  const guards = record.guards?.map(({ textDigest: _digest, ...guard }) => guard);
  return { ...event, record: guards === undefined ? record : { ...record, guards } };
}

const LONG_MAX = 256;

/**
 * A record that fits where lines are short: first its lists go, then its texts are cut. The key and
 * the hash stay, so that the whole of it is found in the log.
 */
export function shortened(event: SinkEvent): SinkEvent {
  const { guards: _g, attempts: _a, limits: _l, diff: _d, reasons: _r, ...rest } = event.record;
  const cut = Object.fromEntries(
    Object.entries(rest).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.slice(0, LONG_MAX) : value,
    ]),
  );
  const record: AuditRecord = { ...rest, ...cut };
  return { ...event, record };
}

export const TEST_WRITER = 'sink-test';

/** Marked in every format by its writer and its action; `nowMs` is its number. */
export const testEvent = (sink: string, nowMs: number): SinkEvent => ({
  record: {
    v: 1,
    seq: nowMs,
    writer: TEST_WRITER,
    epoch: 0,
    prev: NO_PREVIOUS,
    at: new Date(nowMs).toISOString(),
    kind: 'system',
    action: 'sink_test',
    resource: `sink/${sink}`,
  },
  hash: NO_PREVIOUS,
});
