/** What the admin API may do with the log: the ports, out of the parts that run. */
import { join } from 'node:path';

import type { RetentionView } from '#admin/audit-contract.ts';
import type { AuditAdminPorts } from '#admin/audit/audit-ports.ts';
import { erasePerson } from '#audit/erase.ts';
import { proofText } from '#audit/merkle/record-proof.ts';
import { recordAtPlace } from '#audit/follow.ts';
import { proveRecord, recordAt } from '#audit/prove.ts';
import type { StoredRecord } from '#audit/read.ts';
import { segmentFileName } from '#audit/segment.ts';
import type { Config } from '#config/config.ts';
import { Fault } from '#domain/fault.ts';

import type { IndexRow } from '#storage/audit-index.ts';

import { writerFrom } from '../audit-index/open-index.ts';
import type { World } from '../world.ts';

export function auditAdmin(world: World, config: () => Config): AuditAdminPorts {
  const { audit, dataDir } = world;
  const { signing, anchors, content, holds, verification, index, indexWhere } = world.auditRoom;
  const dir = join(dataDir, 'audit');
  /** From where the index says that it is: without it, all of a segment is read. */
  const storedRecord = async (name: string, seq: number): Promise<StoredRecord | null> => {
    const writer = writerFrom(indexWhere, name);
    if (writer === null) return null;
    const row = await index.find(name, seq);
    return (row && recordIn(dir, writer, row)) ?? recordAt(dir, { writer, seq });
  };
  return {
    log: () => {
      const { state, lastSeq, head } = audit.status();
      const retention = retentionOf(config(), world.auditRoom.retentionWaits());
      const kept = { signing: signing.status(), anchors: anchors.status() };
      return { state, lastSeq, head, ...kept, retention };
    },
    search: (query) => index.search(query),
    tally: (filter, by) => index.tally(filter, by),
    rollups: (query) => index.rollups(query),
    async record(name, seq) {
      const stored = await storedRecord(name, seq);
      return stored === null ? null : { record: stored.record, erased: stored.erased };
    },
    onRows: (listener) => index.onRows(listener),
    verification: () => verification.view(),
    verify: () => verification.start(),
    async proof(name, seq) {
      const stored = await storedRecord(name, seq);
      if (stored === null) return null;
      try {
        return proofText(proveRecord(dir, stored));
      } catch (thrown) {
        // It is in the log, and no checkpoint has signed it yet: it can be asked for in a minute.
        if (thrown instanceof Fault) return null;
        throw thrown;
      }
    },
    refreshHolds: () => holds.refresh(),
    async isHeld(person) {
      await holds.refresh();
      return await content.isHeld(person, index);
    },
    async erase(person) {
      // Keys first: whatever happens next, what was said is noise.
      const { subjects, items } = content.erase(person);
      // What is written again after a failed sync is what is in memory: all of it is on the disk first.
      await audit.flush();
      const records = await erasePerson(dir, person);
      // Behind the log: whatever the index had read of it before is in the index by now.
      await index.erasePerson(person);
      return { records, texts: items, subjects };
    },
    content: (ref) => content.read(ref),
    needsSecondPerson(tenant) {
      const { audit: section, tenants } = config();
      const own = tenants.find(({ id }) => id === tenant)?.reveal.secondPerson ?? false;
      return section.reveal.secondPerson || own;
    },
  };
}

/** As the operator wrote it. */
const retentionOf = ({ audit }: Config, waits: string | null): RetentionView => ({
  metadata: audit.retention.metadata.toJSON(),
  content: audit.retention.content.toJSON(),
  waits,
});

/** Where the index says that it is; undefined: it is not there any more, or not yet. */
function recordIn(dir: string, writer: string, row: IndexRow): StoredRecord | undefined {
  const { epoch, n, seq, offset } = row;
  const name = { writer, epoch, n };
  const fileName = segmentFileName(name);
  return recordAtPlace({ ...name, fileName, path: join(dir, fileName) }, { seq, offset });
}
