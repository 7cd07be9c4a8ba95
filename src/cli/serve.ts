/**
 * `llmproxy serve`: starts the gateway and says so in one line of JSON on stdout. With `--demo` it
 * needs no file, makes a first key, and says in plain words how to try it.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

import { Command } from 'commander';

import { createKey } from '#admin/key-service.ts';
import { demoConfig } from '#config/demo-config.ts';
import { formatIssues } from '#config/issue.ts';
import { type Loaded, type LoadedConfig, loadConfig } from '#config/load.ts';
import { type ConfigWatch, watchConfig } from '#config/watch.ts';
import { type Running, serve } from '#runtime/serve.ts';
import type { Source } from '#runtime/source.ts';
import { isWorkerProcess } from '#runtime/workers/seat.ts';
import { ConfigProblem } from '#stdx/config-problem.ts';
import { systemClock } from '#stdx/clock.ts';
import { jsonLog, type Log } from '#telemetry/log.ts';

import type { CliContext } from './context.ts';

export const VERSION = '0.1.0';

const DEFAULT_FILE = 'llmproxy.yaml';

interface ServeFlags {
  readonly config?: string;
  readonly demo?: boolean;
}

export function serveCommand(context: CliContext): Command {
  return new Command('serve')
    .description('start the gateway')
    .option('--config <file>', 'the configuration (default: ./llmproxy.yaml)')
    .option('--demo', 'the built-in demo in place of a file, for trying the gateway')
    .action(async (flags: ServeFlags) => {
      await runServe(flags, context);
    });
}

async function runServe(flags: ServeFlags, context: CliContext): Promise<void> {
  const log = jsonLog(context.stderr, () => systemClock.nowMs());
  if (isWorkerProcess(context.env)) {
    const { runWorker } = await import('#runtime/workers/run-worker.ts');
    await runWorker({ log, env: context.env });
    return;
  }
  const loaded = await load(flags, context);
  if (!loaded.ok) {
    context.stderr.write(formatIssues(loaded.problems));
    process.exitCode = 1;
    return;
  }
  const isDemo = flags.demo === true && flags.config === undefined;
  let running: Running;
  try {
    running = await start(loaded, { isDemo, log, flags, context });
  } catch (thrown) {
    if (!(thrown instanceof ConfigProblem)) throw thrown;
    context.stderr.write(`llmproxy: ${thrown.path.join('.')}: ${thrown.message}\n`);
    process.exitCode = 1;
    return;
  }
  const watch = isDemo ? null : watched(loaded.source, running, { log, context });
  // Before the ready line: whoever reads it may send a signal at once.
  const stopped = untilStopped(running, watch, log);
  const { dataUrl, adminUrl } = running;
  context.stdout.write(`${JSON.stringify({ ready: true, data: dataUrl, admin: adminUrl })}\n`);
  if (isDemo) context.stdout.write(await greeting(running, unusedFile(context)));
  await stopped;
}

async function load(flags: ServeFlags, context: CliContext): Promise<Loaded> {
  const { cwd, env } = context;
  const file = resolve(cwd, flags.config ?? DEFAULT_FILE);
  if (flags.config === undefined && flags.demo === true) {
    return demoConfig(resolve(cwd, 'llmproxy-data'));
  }
  return await loadConfig(file, env);
}

const sourceOf = (
  { config, hash, source, secretsAt, tree }: LoadedConfig,
  isDemo: boolean,
): Source => ({ config, hash, secretsAt, tree, path: isDemo ? null : source });

interface Start {
  readonly isDemo: boolean;
  readonly log: Log;
  readonly flags: ServeFlags;
  readonly context: CliContext;
}

function start(loaded: LoadedConfig, { isDemo, log, flags, context }: Start): Promise<Running> {
  return serve({
    source: sourceOf(loaded, isDemo),
    log,
    searchesPorts: isDemo,
    version: VERSION,
    env: context.env,
    // Who has one process loads nothing of what begins others.
    fork: async ({ server }) => {
      const { workerProcesses } = await import('#runtime/workers/processes.ts');
      return workerProcesses({ heapBytesMax: server.workerHeapBytesMax });
    },
    async reread() {
      const again = await load(flags, context);
      return again.ok
        ? { applied: false, problems: [], source: sourceOf(again, isDemo) }
        : { applied: false, problems: [formatIssues(again.problems)], source: null };
    },
  });
}

function watched(
  path: string,
  running: Running,
  { log, context }: Pick<Start, 'log' | 'context'>,
): ConfigWatch {
  return watchConfig(path, {
    env: context.env,
    async onCandidate(loaded) {
      if (loaded.ok) await running.apply(sourceOf(loaded, false));
      else await running.refuse([formatIssues(loaded.problems)]);
    },
    onError: () => log.write('error', 'config-watch-failed'),
  });
}

/** Resolves when the process was told to stop and has stopped. A second signal does not wait. */
function untilStopped(running: Running, watch: ConfigWatch | null, log: Log): Promise<void> {
  return new Promise((done) => {
    let isStopping = false;
    const stop = (signal: NodeJS.Signals): void => {
      if (isStopping) process.exit(1);
      isStopping = true;
      log.write('info', 'stopping', { reason: signal });
      Promise.resolve(watch?.close())
        .then(() => running.stop())
        .catch(() => log.write('error', 'stop-failed'))
        .finally(() => {
          done();
          process.exit(0);
        });
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
}

/** The demo's first key is kept beside the store, so that the line works on later days too. */
async function firstKey({ world }: Running): Promise<string> {
  const file = join(world.dataDir, 'demo-key');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const created = await createKey(
    { storage: world.storage, peppers: world.peppers, clock: world.clock },
    {
      tenant: 'demo',
      user: 'you',
      serviceAccount: null,
      team: null,
      name: 'first key',
      roles: ['developer'],
      mode: 'test',
      parent: null,
      scope: null,
      isHoney: false,
      expiresMs: null,
    },
    'demo',
  );
  writeFileSync(file, `${created.key}\n`, { mode: 0o600 });
  return created.key;
}

/** Somebody who has written a file thinks that it counts. */
const unusedFile = ({ cwd }: CliContext): readonly string[] =>
  existsSync(join(cwd, DEFAULT_FILE))
    ? [`The demo does not read ${DEFAULT_FILE}. With it:  llmproxy serve`, '']
    : [];

async function greeting(running: Running, more: readonly string[]): Promise<string> {
  const key = await firstKey(running);
  const { dataUrl, adminUrl, adminToken } = running;
  // Whoever has lost what came of it has no way into the admin API to make another.
  const empty = join(running.world.dataDir, 'admin-token');
  const token = adminToken ?? `was used; for another:  touch ${empty}  and start again`;
  return [
    '',
    'LLMProxy runs in demo mode: models answer offline, nothing leaves this machine.',
    '',
    ...more,
    `  data plane   ${dataUrl}`,
    `  admin        ${adminUrl}`,
    `  admin token  ${token}`,
    `  first key    ${key}`,
    '',
    `Open the dashboard in a browser and paste the admin token, it leads you on:  ${adminUrl}`,
    '',
    'Or try it from here:',
    '',
    `  curl -s ${dataUrl}/v1/chat/completions -H 'authorization: Bearer ${key}' -H 'content-type: application/json' -d '{"model":"demo","messages":[{"role":"user","content":"Hello, gateway"}]}'`,
    '',
    '',
  ].join('\n');
}
