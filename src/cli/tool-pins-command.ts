/**
 * `llmproxy tool-pins list|forget`: the definitions of tools as they were first declared. Works on the
 * data folder, whether or not a gateway runs on it.
 */
import { Command } from 'commander';

import { forgetToolPin, type ToolPinProblem } from '#admin/tool-pin-service.ts';
import { showToolPin } from '#admin/views.ts';

import { CliExit, type CliContext, EXIT, printable, write, writeJson } from './context.ts';
import { actorName, configFor, withStore, subcommandsOf } from './settings.ts';

const PAGE = 500;

interface Flags {
  readonly config?: string;
  readonly json?: boolean;
}

interface ListFlags extends Flags {
  readonly tenant?: string;
  readonly changed?: boolean;
}

export function toolPinsCommand(context: CliContext): Command {
  const pins = new Command('tool-pins').description('list and forget pinned tool definitions');
  const subcommand = subcommandsOf(pins);
  subcommand('list', 'what tools were when they were first declared')
    .option('--tenant <id>', 'of this tenant only')
    .option('--changed', 'only those that were declared otherwise since')
    .action((flags: ListFlags) => list(flags, context));
  subcommand('forget', 'the definition that is declared next is the one that counts')
    .argument('<id>')
    .action((id: string, flags: Flags) => forget(id, flags, context));
  return pins;
}

async function list(flags: ListFlags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  await withStore(config, async ({ storage }) => {
    let after: string | undefined;
    do {
      const page = await storage.toolPins.list({ tenant: flags.tenant, after, limit: PAGE });
      for (const record of page.items) {
        if (flags.changed === true && record.changedDigest === null) continue;
        const pin = showToolPin(record);
        if (flags.json === true) await writeJson(context.stdout, pin);
        else await write(context.stdout, lineOf(pin));
      }
      after = page.next ?? undefined;
    } while (after !== undefined);
  });
}

/** The name of a tool is a caller's own text: it is printed without control characters. */
function lineOf(pin: ReturnType<typeof showToolPin>): string {
  const state = pin.changedAt === null ? 'as pinned' : `changed ${pin.changedAt}`;
  const cells = [pin.id, pin.tenant, pin.owner ?? '(all)', pin.tool, pin.pinnedAt, state];
  return `${printable(cells.join('  '))}\n`;
}

const PROBLEMS: Readonly<Record<ToolPinProblem['reason'], string>> = {
  'pin-unknown': 'does not exist in this data folder: `llmproxy tool-pins list` shows the ids',
  'stale-version': 'was changed just now: try again',
};

async function forget(id: string, flags: Flags, context: CliContext): Promise<void> {
  const { config } = await configFor(flags.config, context);
  await withStore(config, async (ports) => {
    const forgotten = await forgetToolPin(ports, id, actorName());
    if (!forgotten.ok) {
      const why = PROBLEMS[forgotten.error.reason];
      throw new CliExit(EXIT.problem, `the pin ${printable(id)} ${why}`);
    }
    const pin = showToolPin(forgotten.value);
    if (flags.json === true) await writeJson(context.stdout, pin);
    else await write(context.stdout, `${pin.id} is forgotten\n`);
  });
}
