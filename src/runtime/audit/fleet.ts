/** What this gateway has to do with the log of its fleet: nothing, where it shares its store with nobody. */
import { join } from 'node:path';

import type { Anchor } from '#audit/anchors/anchor.ts';
import { FleetAnchor } from '#audit/anchors/fleet-anchor.ts';
import { diskFiles } from '#audit/file-port.ts';
import { fleetSigners, type FleetSigners } from '#audit/fleet/fleet-keys.ts';
import { FleetLog } from '#audit/fleet/fleet-log.ts';
import type { Peppers } from '#config/peppers.ts';
import { randomBase62 } from '#stdx/base62.ts';
import type { Storage } from '#storage/storage.ts';

/** What names the fleet, said by the first gateway. */
const MARK = 'fleet';
const ID_CHARS = 16;

export interface FleetPorts {
  readonly storage: Pick<Storage, 'fleetLog' | 'marks'>;
  readonly peppers: Peppers;
}

export function fleetAnchors(ports: FleetPorts & { readonly dataDir: string }): Anchor[] {
  const store = ports.storage.fleetLog;
  if (store === null) return [];
  const dir = join(ports.dataDir, 'audit');
  const keys = (): Promise<FleetSigners> => fleetKeys(ports);
  return [new FleetAnchor(new FleetLog({ files: diskFiles, dir, store, keys }))];
}

export async function fleetKeys({ storage, peppers }: FleetPorts): Promise<FleetSigners> {
  const id = await storage.marks.claim(MARK, randomBase62(ID_CHARS));
  const { newest } = peppers;
  const versions = newest > 1 ? [newest, newest - 1] : [newest];
  return fleetSigners(
    id,
    versions.map((version) => peppers.of(version)),
  );
}
