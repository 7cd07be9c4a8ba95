/** The command line: which commands there are, and what their ends mean to a shell. */
import { Command, CommanderError } from 'commander';

import { Fault } from '#domain/fault.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';

import { auditCommand } from './audit-command.ts';
import { configCommand } from './config-command.ts';
import { CliExit, type CliContext, EXIT } from './context.ts';
import { drillCommand } from './drill-command.ts';
import { evalCommand } from './eval-command.ts';
import { healthCommand } from './health-command.ts';
import { initCommand } from './init-command.ts';
import { keysCommand } from './keys-command.ts';
import { policyCommand } from './policy-command.ts';
import { pricesCommand } from './prices-command.ts';
import { scanCommand } from './scan-command.ts';
import { secretsCommand } from './secrets-command.ts';
import { serveCommand, VERSION } from './serve.ts';
import { tenantsCommand } from './tenants-command.ts';
import { toolPinsCommand } from './tool-pins-command.ts';
import { usageCommand } from './usage-command.ts';

export function processContext(): CliContext {
  const { stdin, stdout, stderr, env } = process;
  const isTerminal = stdin.isTTY && stdout.isTTY && stderr.isTTY;
  return { stdin, stdout, stderr, env, cwd: process.cwd(), isTerminal };
}

/** Runs one command; the exit code is its answer. What is thrown beyond that is our bug. */
export async function runProgram(
  args: readonly string[],
  context: CliContext = processContext(),
): Promise<number> {
  // A reader that has gone (`| head`) ends the command; it is not a failure of ours.
  context.stdout.on('error', onOutputError);
  try {
    await programOf(context).parseAsync([...args], { from: 'user' });
    return Number(process.exitCode ?? EXIT.ok);
  } catch (thrown) {
    return endOf(thrown, context);
  } finally {
    // A reader that has gone is heard of after the command is over: the program's own output keeps it.
    if (context.stdout !== process.stdout) context.stdout.off('error', onOutputError);
  }
}

function onOutputError(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE') throw error;
  process.exit(EXIT.ok);
}

export function programOf(context: CliContext): Command {
  const program = new Command('llmproxy')
    .description('A security-first gateway for large language models')
    .version(VERSION);
  const commands = [
    serveCommand,
    initCommand,
    healthCommand,
    configCommand,
    keysCommand,
    tenantsCommand,
    toolPinsCommand,
    secretsCommand,
    policyCommand,
    pricesCommand,
    usageCommand,
    auditCommand,
    scanCommand,
    evalCommand,
    drillCommand,
  ];
  for (const command of commands) program.addCommand(command(context));
  settle(program, context);
  return program;
}

/** A command that is added does not take over the settings of its parent, so each is told. */
function settle(command: Command, context: CliContext): void {
  command.exitOverride();
  command.configureOutput({
    writeOut: (text) => context.stdout.write(text),
    writeErr: (text) => context.stderr.write(text),
  });
  for (const child of command.commands) settle(child, context);
}

/** Sentences of ours only: a foreign error may quote a path, a row or a secret. */
function endOf(thrown: unknown, { stderr }: CliContext): number {
  if (thrown instanceof CliExit) {
    if (thrown.message !== '') stderr.write(`${thrown.message}\n`);
    return thrown.exitCode;
  }
  // Commander has said what was wrong; asking for help is not wrong.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? EXIT.ok : EXIT.usage;
  if (thrown instanceof ConfigProblem) {
    stderr.write(`llmproxy: ${thrown.path.join('.')}: ${thrown.message}\n`);
    return EXIT.problem;
  }
  if (thrown instanceof Fault) {
    stderr.write(`llmproxy: ${thrown.code}: ${thrown.message}\n`);
    return EXIT.problem;
  }
  throw thrown;
}
