/** The ports of the log for tests of the admin API: one text that can be shown. */
import type { AuditRecord } from '#audit/record.ts';
import { testRow } from '#storage/audit-index.contract.ts';
import { orderOf, pageOfRows, type IndexRow } from '#storage/audit-index.ts';
import { matchesRow } from '#storage/index-match.ts';
import { Rollup, type RollupRow } from '#storage/rollups/rollup.ts';
import { rollupView } from '#storage/rollups/view.ts';
import { isHeld } from '#storage/contents.ts';
import { storedHolds } from '#storage/stored-holds.ts';
import type { Storage } from '#storage/storage.ts';

import type { ContentView } from '../audit-contract.ts';
import type { AuditAdminPorts } from './audit-ports.ts';

export const SHOWN_REF = `cnt_${'a'.repeat(20)}.${'b'.repeat(43)}`;

const shown: ContentView = {
  ref: SHOWN_REF,
  requestId: 'req_1',
  at: '2026-11-23T12:00:00.000Z',
  tenant: 'acme',
  user: 'ann',
  endUser: null,
  request: '{"messages":[]}',
  reply: 'hello',
  isCut: false,
};

const FOUND = { guard: 'pii', category: null, action: 'block' };

/** The first is of acme, the second of other, the third of nobody. */
export const testRows: readonly IndexRow[] = [
  testRow(1, { user: 'ann', endUser: 'end', ip: '192.0.2.7' }, { findings: [FOUND] }),
  testRow(2, { user: 'bob' }, { tenant: 'other', findings: [FOUND] }),
  testRow(3, { user: 'root' }, { kind: 'admin', tenant: null, action: 'reload' }),
];

const recordOf = ({ seq, writer, user, ip, shape }: IndexRow): AuditRecord => ({
  v: 1,
  seq,
  writer,
  epoch: 1,
  prev: '0'.repeat(64),
  at: '2026-11-23T12:00:00.000Z',
  kind: 'deny',
  tenant: shape.tenant ?? undefined,
  user: user ?? undefined,
  ip: ip ?? undefined,
  guards: [{ name: 'pii', mode: 'enforce', action: 'block', textDigest: 'digest-of-text' }],
});

/** One call of each of two tenants, at the time of the tests. */
export const testRollups: readonly RollupRow[] = ['acme', 'other'].map((tenant, at) => {
  const rollup = new Rollup();
  rollup.add({ counts: { requests: at + 1 }, times: { total: 5_000 } });
  return {
    atMs: Date.parse('2026-11-23T12:00:00Z'),
    dims: [tenant, 'fast', 'openai/fast', 'chat-completions'],
    rollup,
  };
});

export interface TestAudit extends AuditAdminPorts {
  /** As if the index had just taken them. */
  readonly tell: (rows: readonly IndexRow[]) => void;
  readonly erased: unknown[];
  /** The same, by the holds of this store. */
  readonly over: (store: Pick<Storage, 'holds'>) => AuditAdminPorts;
}

export function testAudit({
  secondPerson = false,
  rows: indexed = testRows,
}: { readonly secondPerson?: boolean; readonly rows?: readonly IndexRow[] } = {}): TestAudit {
  const erased: unknown[] = [];
  const listeners = new Set<(rows: readonly IndexRow[]) => void>();
  const audit: TestAudit = {
    erased,
    over: ({ holds }) => ({
      ...audit,
      isHeld: async (person) => isHeld(await storedHolds(holds, null), person),
    }),
    tell: (rows) => listeners.forEach((listener) => listener(rows)),
    async search({ filter, limit, after }) {
      const rows = indexed
        .filter((row) => matchesRow(row, filter) && (after === null || orderOf(after, row) < 0))
        .toSorted(orderOf);
      return pageOfRows(rows, limit);
    },
    tally: async (filter, by = 'key') =>
      testRows
        .filter((row) => matchesRow(row, filter))
        .map(({ shape, count, atMs, ...row }) => ({
          shape,
          key: row[by],
          count,
          firstMs: atMs,
          lastMs: atMs,
        })),
    rollups: async (query) => {
      const { tenant } = query.where;
      const rows = testRollups.filter(({ dims }) => tenant === undefined || dims[0] === tenant);
      return rollupView(rows, query);
    },
    async record(writer, seq) {
      const row = testRows.find((one) => one.writer === writer && one.seq === seq);
      return row === undefined ? null : { record: recordOf(row), erased: ['endUser'] };
    },
    onRows(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    log: () => ({
      state: 'ok',
      lastSeq: 7,
      head: '0'.repeat(64),
      signing: { state: 'ok', origin: 'example.com/log', size: 7, key: 'k', signedAt: null },
      anchors: [
        { name: 'vault', type: 'file', isOutside: true, size: 7, keptAt: null, problem: null },
      ],
      retention: { metadata: '400d', content: '30d', waits: null },
    }),
    verification: () => ({ state: 'none', startedAt: null, endedAt: null, verdict: null }),
    verify: () => true,
    proof: async (writer, seq) =>
      writer === 'main' && seq === 1 ? 'c2sp.org/tlog-proof@v1' : null,
    refreshHolds: async () => {},
    isHeld: async () => false,
    async erase(person) {
      erased.push(person);
      return { records: 2, texts: 1, subjects: 1 };
    },
    content: async (ref) => (ref === SHOWN_REF ? shown : null),
    needsSecondPerson: () => secondPerson,
  };
  return audit;
}
