/**
 * Logs of workers that there are no more: of a gateway that had more of them, or that ended with its
 * machine. What was torn is cut, and a call that has no end gets one, as at any start of a writer.
 */
import { diskFiles } from '#audit/file-port.ts';
import { recover } from '#audit/recovery.ts';
import { listSegments } from '#audit/segment.ts';
import { openAuditLog } from '#audit/writer.ts';
import type { Clock } from '#stdx/clock.ts';
import { lockWriter } from '#storage/data-folder.ts';

import { isWorkerWriter, type WorkerLogs } from '../workers/seat.ts';

/** Their names. The caller has the folder: nobody else writes there. */
export async function endLeftLogs(
  dir: string,
  { workerLogs, clock }: { readonly workerLogs: WorkerLogs; readonly clock: Clock },
): Promise<readonly string[]> {
  diskFiles.makeFolder(dir);
  const writers = new Set(listSegments(diskFiles, dir).map(({ writer }) => writer));
  // One that is begun again looks after its own.
  const left = [...writers].filter(
    (writer) => isWorkerWriter(writer) && workerLogs.of(writer) === undefined,
  );
  for (const writer of left) {
    if ((await recover(diskFiles, dir, writer)).isClean) continue;
    const log = await openAuditLog({ dir, writer, lock: lockWriter, clock });
    await log.close();
  }
  return left;
}
