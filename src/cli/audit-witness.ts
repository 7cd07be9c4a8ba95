/** `llmproxy audit witness`: signs checkpoints of other logs, on a machine that is not theirs. */
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { type Command } from 'commander';

import { isNoteName, type NoteKey, parseNoteKey } from '#audit/merkle/signed-note.ts';
import { listenField } from '#config/fields.ts';
import { witnessSigner } from '#runtime/audit/checkpoint-keys.ts';
import { startWitness } from '#runtime/audit/witness-server.ts';
import { systemClock } from '#stdx/clock.ts';

import { keyText } from './audit-verify.ts';
import { CliExit, type CliContext, EXIT, several, writeJson } from './context.ts';

interface Flags {
  readonly listen: string;
  readonly dir: string;
  readonly name: string;
  readonly log: readonly string[];
}

export function addWitness(audit: Command, context: CliContext): void {
  audit
    .command('witness')
    .description('sign checkpoints of other logs, where each goes on from the last')
    .requiredOption(
      '--log <key>',
      'the key of a log to sign for, or a file; again for more',
      several,
    )
    .option('--name <name>', 'the name of this witness in its signatures', 'llmproxy/witness')
    .option('--listen <address>', 'host and port', '127.0.0.1:8082')
    .option('--dir <folder>', 'where its key is, and what it has seen', './llmproxy-witness')
    .action((flags: Flags) => run(flags, context));
}

async function run(flags: Flags, context: CliContext): Promise<void> {
  const listen = listenField.safeParse(flags.listen);
  if (!listen.success)
    throw new CliExit(EXIT.usage, 'write --listen as host:port, such as 127.0.0.1:8082');
  if (!isNoteName(flags.name)) throw new CliExit(EXIT.usage, 'write --name without spaces or plus');
  const logs = flags.log.map((text) => logKey(text, context));
  const dir = resolve(context.cwd, flags.dir);
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const signer = witnessSigner(join(dir, 'witness-key'), flags.name);
  const options = { dir, listen: listen.data, signer, logs, clock: systemClock };
  const running = await startWitness(options);
  await writeJson(context.stdout, { ready: true, url: running.url, key: signer.key.text });
  const stopped = context.signal ?? signalled();
  if (!stopped.aborted) await once(stopped, 'abort');
  await running.stop();
}

function logKey(text: string, context: CliContext): NoteKey {
  const key = parseNoteKey(keyText(text, context));
  if (key?.type === 1) return key;
  throw new CliExit(EXIT.usage, 'write --log as the key that `llmproxy audit key` prints');
}

function signalled(): AbortSignal {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());
  return stop.signal;
}
