/** What is done to the fleet while it is called: each kind once in the short form, at random for long. */
import { setTimeout as delay } from 'node:timers/promises';

import type { Scene } from './scene.ts';

/** For how long something hangs. */
const HANG_MS = 1_200;

export interface Blow {
  readonly name: string;
  /** The limits of rate begin anew with the store. */
  readonly losesCounters?: true;
  readonly strike: (scene: Scene, at: number) => Promise<void>;
}

async function restarted(scene: Scene, at: number, signal: NodeJS.Signals): Promise<void> {
  const [gateway, folder] = [scene.gateways[at], scene.folders[at]];
  if (gateway === undefined || folder === undefined) return;
  gateway.kill(signal);
  const { code } = await gateway.exited;
  if (signal === 'SIGTERM' && code !== 0) throw new Error(`an end of ${code}: ${gateway.stderr()}`);
  scene.gateways[at] = await folder.start();
}

async function hung(stop: () => void, go: () => void): Promise<void> {
  stop();
  await delay(HANG_MS);
  go();
}

export const blows: readonly Blow[] = [
  { name: 'kill -9 of a gateway', strike: (scene, at) => restarted(scene, at, 'SIGKILL') },
  {
    name: 'a gateway hangs',
    strike: ({ gateways }, at) =>
      hung(
        () => gateways[at]?.kill('SIGSTOP'),
        () => gateways[at]?.kill('SIGCONT'),
      ),
  },
  {
    name: 'Valkey is flushed',
    losesCounters: true,
    async strike({ client }) {
      await client.flushall();
    },
  },
  {
    name: 'Valkey hangs',
    strike: ({ valkey }) =>
      hung(
        () => valkey.signal('SIGSTOP'),
        () => valkey.signal('SIGCONT'),
      ),
  },
  { name: 'PostgreSQL crashes and is started again', strike: ({ postgres }) => postgres.restart() },
  { name: 'a gateway is replaced', strike: (scene, at) => restarted(scene, at, 'SIGTERM') },
  {
    name: 'PostgreSQL hangs',
    strike: ({ postgres }) =>
      hung(
        () => postgres.signalAll('SIGSTOP'),
        () => postgres.signalAll('SIGCONT'),
      ),
  },
  {
    name: 'Valkey crashes and is started again, empty',
    losesCounters: true,
    async strike({ valkey }) {
      await valkey.kill();
      await valkey.start();
    },
  },
];
