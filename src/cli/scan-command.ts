/**
 * `llmproxy scan < in.jsonl > out.jsonl`: the guards of requests on texts, one JSON object a line in
 * and out, in order, one text in memory at a time. A line that is no text is answered in its place.
 */
import { Command, Option } from 'commander';

import { type Position, positions } from '#domain/passage.ts';
import { isJsonObject, parseJson } from '#stdx/json.ts';

import { CliExit, type CliContext, EXIT, Progress, writeJson } from './context.ts';
import { builtInRules, GuardScanner, rulesOf } from './guard-scan.ts';
import { linesOf } from './lines.ts';
import { CONFIG_OPTION, configFor } from './settings.ts';

interface Flags {
  readonly config?: string;
  readonly position: Position;
  readonly tenant: string;
  readonly model: string;
}

export function scanCommand(context: CliContext): Command {
  return new Command('scan')
    .description('run the guards on JSON lines {"id","text"} from stdin')
    .option(CONFIG_OPTION, "that file's guards (default: every built-in guard but harm)")
    .addOption(
      new Option('--position <position>', 'where the text stands in a call')
        .choices(positions)
        .default('user'),
    )
    .option('--tenant <id>', 'for guards of some tenants only', '')
    .option('--model <name>', 'for guards of some models only', '')
    .option('--json', 'as always: this command reads and writes JSON lines')
    .action((flags: Flags) => scan(flags, context));
}

async function scan({ config, ...subject }: Flags, context: CliContext): Promise<void> {
  const rules =
    config === undefined
      ? builtInRules()
      : rulesOf((await configFor(config, context)).config.guards);
  const scanner = new GuardScanner(rules);
  const progress = new Progress(context, 'texts');
  let unread = 0;
  let number = 0;
  for await (const line of linesOf(context.stdin)) {
    number += 1;
    const item = itemOf(line);
    if (item === null) {
      unread += 1;
      // The line may hold anything, so it is not quoted.
      await writeJson(context.stdout, { id: null, error: `line ${number} is not {"id","text"}` });
    } else {
      const { result } = await scanner.scan(item.text, subject);
      await writeJson(context.stdout, { id: item.id, ...result });
    }
    progress.step();
  }
  progress.end();
  if (unread > 0) throw new CliExit(EXIT.problem, `lines that are not {"id","text"}: ${unread}`);
}

interface Item {
  readonly id: string | number | null;
  readonly text: string;
}

function itemOf(line: string | null): Item | null {
  const value = line === null ? undefined : parseJson(line);
  if (!isJsonObject(value)) return null;
  const { id, text } = value;
  if (typeof text !== 'string') return null;
  return { id: typeof id === 'string' || typeof id === 'number' ? id : null, text };
}
