/**
 * Workers as processes of the operating system, by `node:cluster`: the owner listens for all of them and
 * hands each connection to one, so that a worker that ends leaves nobody waiting at a door that is gone
 * (decision 0057 has what was measured against listeners of their own).
 */
import cluster from 'node:cluster';
import { isSea } from 'node:sea';

import { assert } from '#stdx/assert.ts';

import { bounded } from './bounded.ts';
import type { Wire } from './channel.ts';
import { cutWhatIsNotTaken } from './handed-over.ts';
import type { WorkerProcess } from './member.ts';
import { WORKER_MARK } from './seat.ts';

export interface ForkOptions {
  /** Of each worker: one that needs more ends, and takes nobody with it. */
  readonly heapBytesMax: number;
}

/** Begins workers with the command line of this process. */
export function workerProcesses({ heapBytesMax }: ForkOptions): (worker: number) => WorkerProcess {
  // Whatever the environment says: of connections that stay open each worker gets its share.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  cluster.setupPrimary({
    serialization: 'advanced',
    // Inside a binary there is no file to name: its first argument stands in that place. Its flags are in it.
    ...(isSea() && { exec: process.argv[2] ?? '', args: process.argv.slice(3), execArgv: [] }),
  });
  const heapMb = Math.floor(heapBytesMax / 1_048_576);
  return (worker) => {
    const forked = cluster.fork({
      [WORKER_MARK]: String(worker),
      NODE_OPTIONS: `${process.env['NODE_OPTIONS'] ?? ''} --max-old-space-size=${heapMb}`.trim(),
    });
    const { process: child } = forked;
    cutWhatIsNotTaken(child);
    const kill = (): void => void child.kill('SIGKILL');
    return {
      pid: child.pid ?? 0,
      wire: {
        send: bounded(
          (message, sent) => child.connected && forked.send(toSend(message), sent),
          kill,
        ),
        onMessage: (listener) => void forked.on('message', listener),
        onGone: (listener) => void forked.on('disconnect', listener),
      },
      kill,
      onExit(listener) {
        forked.on('exit', (code, signal) => listener(signal ?? String(code)));
        // The system has no room for a process: that it has not begun is how it ends.
        forked.on('error', () => {
          if (child.pid === undefined) listener('not begun');
        });
      },
    };
  };
}

/** What is sent is what structured clone takes; the type of `send` names less. */
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const toSend = (message: unknown): object => message as object;

/** Of a process that was begun as a worker. */
export function wireToOwner(): Wire {
  assert(cluster.isWorker, 'only a gateway begins workers');
  return {
    send: bounded(
      (message, sent) => process.connected && process.send?.(message, sent),
      () => process.exit(1),
    ),
    onMessage: (listener) => void process.on('message', listener),
    onGone: (listener) => void process.on('disconnect', listener),
  };
}
