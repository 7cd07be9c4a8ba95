/** How many workers `server.workers` asks for. */
import { availableParallelism } from 'node:os';

/** `auto`: as many as there are cores that this process may use. */
export const workerCount = (workers: number | 'auto'): number =>
  workers === 'auto' ? availableParallelism() : workers;
