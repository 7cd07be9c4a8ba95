/** The life of a worker's process: it does what its owner says, and ends when that is gone. */
import { wireToOwner } from './processes.ts';
import { GatewayWorker, type WorkerPorts } from './worker.ts';

/** Never resolves: the owner ends this process, or it ends itself without one. */
export async function runWorker(ports: Omit<WorkerPorts, 'exit'>): Promise<void> {
  const wire = wireToOwner();
  // A terminal sends these to every process of the group; the owner says when a worker ends.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => {});
  process.on('SIGHUP', () => {});
  // Without its owner a worker knows no limit: its calls end as those of a process that is gone.
  const exit = (): void => process.exit(1);
  wire.onGone(exit);
  GatewayWorker.at(wire, { ...ports, exit });
  await new Promise<never>(() => {});
}
