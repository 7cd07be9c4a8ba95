/** `llmproxy audit sinks`: how far each sink is, from its cursor; no gateway is needed. */
import { readdirSync } from 'node:fs';

import { cursorFolder, cursorPath, readCursor, sinkNameOf } from '#audit/sinks/cursor-file.ts';
import { logEnd } from '#audit/sinks/log-end.ts';

import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';

export async function showSinks(
  folder: string,
  isJson: boolean,
  { stdout }: CliContext,
): Promise<void> {
  const ends = logEnd(folder);
  for (const name of sinkNames(folder)) {
    const cursor = await readCursor(cursorPath(folder, name));
    if (typeof cursor === 'string') {
      throw new CliExit(EXIT.problem, `the cursor of ${printable(name)} cannot be read`);
    }
    for (const [writer, end] of ends) {
      const seq = cursor.positions.get(writer) ?? 0;
      const line = {
        sink: name,
        writer,
        acknowledged: seq,
        last: end,
        lag: Math.max(0, end - seq),
      };
      if (isJson) await writeJson(stdout, line);
      else await write(stdout, `${name}  ${writer}  ${seq} of ${end}, ${line.lag} behind\n`);
    }
  }
}

function sinkNames(folder: string): string[] {
  try {
    const names = readdirSync(cursorFolder(folder)).map(sinkNameOf);
    return names.filter((name) => name !== undefined).sort();
  } catch {
    // No sink has ever run here.
    return [];
  }
}
