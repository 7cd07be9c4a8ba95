/** What the admin API may do with the log: the ports, out of the parts that run. */
import { join } from 'node:path';

import type { AuditAdminPorts } from '#admin/audit/audit-ports.ts';
import { erasePerson } from '#audit/erase.ts';
import { proofText } from '#audit/merkle/record-proof.ts';
import { proveRecord, recordAt } from '#audit/prove.ts';
import type { Config } from '#config/config.ts';
import { Fault } from '#domain/fault.ts';

import type { World } from '../world.ts';

export function auditAdmin(world: World, config: () => Config): AuditAdminPorts {
  const { audit, dataDir } = world;
  const { signing, anchors, content, contents, verification } = world.auditRoom;
  const dir = join(dataDir, 'audit');
  return {
    log: () => {
      const { state, lastSeq, head } = audit.status();
      return { state, lastSeq, head, signing: signing.status(), anchors: anchors.status() };
    },
    verification: () => verification.view(),
    verify: () => verification.start(),
    async proof(writer, seq) {
      const stored = recordAt(dir, { writer, seq });
      if (stored === null) return null;
      try {
        return proofText(proveRecord(dir, stored));
      } catch (thrown) {
        // It is in the log, and no checkpoint has signed it yet: it can be asked for in a minute.
        if (thrown instanceof Fault) return null;
        throw thrown;
      }
    },
    holds: () => contents.holds(),
    addHold: (hold) => contents.addHold(hold),
    removeHold: (id) => contents.removeHold(id),
    isHeld: (person) => content.isHeld(person),
    async erase(person) {
      // Keys first: whatever happens next, what was said is noise.
      const { subjects, items } = content.erase(person);
      // What is written again after a failed sync is what is in memory: all of it is on the disk first.
      await audit.flush();
      const records = await erasePerson(dir, person);
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
