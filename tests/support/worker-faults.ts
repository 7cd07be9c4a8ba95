/**
 * Loaded into the processes of a gateway by NODE_OPTIONS, for tests of workers that end: SIGUSR2 fills the
 * heap until the process is out of memory, and worker 2 ends at its start for as long as a file is there.
 */
import { existsSync } from 'node:fs';

const { LLMPROXY_WORKER: worker, TEST_DIES_WHILE: file } = process.env;

if (worker === '2' && file !== undefined && existsSync(file)) process.exit(7);

if (worker !== undefined) {
  process.on('SIGUSR2', () => {
    const kept: number[][] = [];
    for (;;) kept.push(Array.from<number>({ length: 100_000 }).fill(kept.length + 0.5));
  });
}
