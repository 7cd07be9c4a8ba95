/**
 * A process that appends records and says on stdout which were acknowledged, to be killed at any
 * moment: `node aud-writer-process.ts DIR COUNT`. One line a record: `seq requestId`.
 */
import { writeSync } from 'node:fs';

import { openAuditLog } from '#audit/writer.ts';
import { lockWriter } from '#storage/data-folder.ts';

import { admitOf, completeOf } from './aud-helper.ts';

const [, , dir = '', countText = '0'] = process.argv;
const count = Number(countText);

const log = await openAuditLog({
  dir,
  writer: 'w',
  lock: lockWriter,
  limits: { segmentBytesMax: 256 * 1_024, ballastBytes: 64 * 1_024 },
});
const say = async (requestId: string, appended: Promise<number>): Promise<void> => {
  try {
    writeSync(1, `${await appended} ${requestId}\n`);
  } catch {
    // Refused: nothing was acknowledged, so there is nothing to say.
  }
};
for (let turn = 0; turn < count; turn += 10) {
  const said: Promise<void>[] = [];
  for (let index = turn; index < Math.min(turn + 10, count); index += 1) {
    const requestId = `req-${process.pid}-${index}`;
    said.push(say(requestId, log.append(admitOf(requestId))));
    if (index % 7 !== 0) said.push(say(requestId, log.append(completeOf(requestId))));
  }
  await Promise.all(said);
}
await log.close().catch(() => {});
