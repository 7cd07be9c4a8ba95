/** The thread of one verification: the log of a gateway that runs is read beside its calls. */
import { parentPort, workerData } from 'node:worker_threads';

import { verifyLog } from '#audit/verify.ts';
import { assert } from '#stdx/assert.ts';

const port = parentPort;
assert(port !== null, 'this file runs as a thread');
// oxlint-disable-next-line typescript/no-unsafe-type-assertion
const { dir, keys } = workerData as { readonly dir: string; readonly keys: readonly string[] };
port.postMessage(verifyLog(dir, { keys }));
