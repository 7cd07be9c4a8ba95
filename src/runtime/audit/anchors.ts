/** The anchors that a configuration names. */
import { join } from 'node:path';

import type { Anchor } from '#audit/anchors/anchor.ts';
import { FileAnchor } from '#audit/anchors/file-anchor.ts';
import { diskFiles } from '#audit/file-port.ts';
import { LOG_FOLDER } from '#audit/merkle/checkpoint-files.ts';
import { parseNoteKey } from '#audit/merkle/signed-note.ts';
import { TileFiles } from '#audit/merkle/tile-files.ts';
import type { AnchorSection } from '#config/audit-section.ts';
import { TimestampAnchor } from '#gateway/anchors/timestamp-anchor.ts';
import { WitnessAnchor } from '#gateway/anchors/witness-anchor.ts';
import { assert } from '#stdx/assert.ts';

/** What anchors gave back, below the folder of the log: `cosigned/<name>`, `stamps/<name>/<size>.tsr`. */
export function anchorsOf(sections: readonly AnchorSection[], dataDir: string): Anchor[] {
  const copies = new TileFiles(diskFiles, join(dataDir, 'audit', LOG_FOLDER));
  return sections.map((section) => anchorOf(section, copies));
}

function anchorOf(section: AnchorSection, copies: TileFiles): Anchor {
  const { name } = section;
  if (section.type === 'file') return new FileAnchor(diskFiles, name, section.path);
  const { allowPrivateAddress } = section;
  const url = new URL(section.url);
  if (section.type === 'witness') {
    const key = parseNoteKey(section.key);
    assert(key !== undefined, 'the schema has read the key');
    const keepCopy = (note: string) => copies.put(`cosigned/${name}`, Buffer.from(note));
    return new WitnessAnchor({ name, url, key, allowPrivateAddress, keepCopy });
  }
  return new TimestampAnchor({
    name,
    url,
    allowPrivateAddress,
    async keepCopy(size, note, stamp) {
      await copies.put(`stamps/${name}/${size}.checkpoint`, Buffer.from(note));
      await copies.put(`stamps/${name}/${size}.tsr`, stamp);
    },
  });
}
