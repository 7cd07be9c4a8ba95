/** The contract of counter stores, on a real server. */
import { after } from 'node:test';

import { counterStoreContract } from '#policy/limiters/counter-store.contract.ts';
import { ValkeyCounters } from '#policy/limiters/valkey/valkey-counters.ts';
import { openValkey } from '#storage/valkey/valkey.ts';

import { openedCounters } from '../support/shared-counters.ts';
import { openTestValkey } from '../support/valkey.ts';

const server = await openTestValkey();
const link = await openValkey(server.url);
await new Promise<void>((resolve) => {
  link.onUp(resolve);
});
let count = 0;

after(async () => {
  link.close();
  await server.close();
});

counterStoreContract('valkey', async (clock) => {
  count += 1;
  const nowMs = () => clock.nowMs();
  const counters = new ValkeyCounters({
    runner: link,
    namespace: `test${count}`,
    soon: setImmediate,
    monotonicMs: nowMs,
    nowMs,
  });
  return { store: await openedCounters(counters), close: () => Promise.resolve() };
});
