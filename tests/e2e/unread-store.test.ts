/** A file for which the store could not be read is not taken, whole, and leaves nothing behind. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Worker } from 'node:worker_threads';

import { BASE, bearer, chat, DEMO, openHouse, post } from '../support/house.ts';
import { classifierFiles } from '../support/onnx-file.ts';
import { until } from '../support/streams.ts';

const { model, tokenizer } = classifierFiles();
const NEXT = `${DEMO}
guards:
  - { name: own, type: onnx, model: "${model}", tokenizer: "${tokenizer}", labels: [benign, injection],
      find: [injection], threshold: 0.8, tokensMax: 64, overlapTokens: 8, timeout: 10s }
${BASE}
  - id: globex
    bindings: [{ role: developer, users: ["*"], keys: ["*"] }]
`;

test('neither its tenants nor its guards are in force, and its threads have ended', async () => {
  const threads = new Set<Worker>();
  const onWorker = (worker: Worker): void => {
    threads.add(worker);
    worker.once('exit', () => threads.delete(worker));
  };
  process.on('worker', onWorker);
  const house = await openHouse(`${DEMO}${BASE}guards: []\n`);
  // The index of the log has a thread of its own, whatever the file says.
  await until(() => threads.size === 1, 5_000, 'the thread of the index runs');
  try {
    const say = async (key: string): Promise<number> =>
      (await post(`${house.url}/v1/chat/completions`, chat('a falcon'), bearer(key))).status;
    const own = await house.key();
    const foreign = await house.key({ tenant: 'globex', user: null });
    assert.deepEqual([await say(own), await say(foreign)], [200, 401]);

    const { provisioning } = house.running.world.storage;
    const lockedOut = provisioning.lockedOut.bind(provisioning);
    const fault = (): Promise<never> => Promise.reject(new Error('database is locked'));
    Object.assign(provisioning, { lockedOut: fault });
    await assert.rejects(house.apply(NEXT));
    await until(() => threads.size === 1, 5_000, 'the threads of its guard have ended');
    Object.assign(provisioning, { lockedOut });

    // A change of the store, which has everything read again: but not that file.
    const other = await house.key({ user: 'bob' });
    assert.equal(await say(other), 200);
    await new Promise((resolve) => setTimeout(resolve, 500));
    assert.deepEqual([await say(own), await say(foreign)], [200, 401]);

    assert.equal((await house.apply(NEXT)).applied, true);
    assert.deepEqual([await say(own), await say(foreign)], [400, 400]);
    assert.equal(threads.size, 2);
  } finally {
    process.off('worker', onWorker);
    await house.close();
  }
});
