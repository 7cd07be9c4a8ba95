/** The ports of the log for tests of the admin API: holds in memory, one text that can be shown. */
import type { Hold } from '#storage/contents.ts';
import { isHeld } from '#storage/contents.ts';

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

export interface TestAudit extends AuditAdminPorts {
  readonly erased: unknown[];
}

export function testAudit({ secondPerson = false } = {}): TestAudit {
  const holds = new Map<string, Hold>();
  const erased: unknown[] = [];
  return {
    erased,
    log: () => ({
      state: 'ok',
      lastSeq: 7,
      head: '0'.repeat(64),
      signing: { state: 'ok', origin: 'example.com/log', size: 7, key: 'k', signedAt: null },
      anchors: [{ name: 'vault', type: 'file', size: 7, keptAt: null, problem: null }],
    }),
    verification: () => ({ state: 'none', startedAt: null, endedAt: null, verdict: null }),
    verify: () => true,
    proof: async (writer, seq) =>
      writer === 'main' && seq === 1 ? 'c2sp.org/tlog-proof@v1' : null,
    holds: () => [...holds.values()],
    addHold: (hold) => void holds.set(hold.id, hold),
    removeHold: (id) => holds.delete(id),
    isHeld: (person) => isHeld([...holds.values()], person),
    async erase(person) {
      erased.push(person);
      return { records: 2, texts: 1, subjects: 1 };
    },
    content: async (ref) => (ref === SHOWN_REF ? shown : null),
    needsSecondPerson: () => secondPerson,
  };
}
