/** Counters in PostgreSQL, which stops under two gateways: each goes on with its share of the limits. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';

import { houseYaml } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const LIMIT = 20;
const KNOWN_MS = 6_000;
const BACK_MS = 10_000;

export const countersPostgresAway: Scenario = {
  name: 'counters-postgres-away',
  dependency: 'Counters in PostgreSQL',
  failure: 'are away',
  needs: ['postgres'],
  async run(lab) {
    const server = await lab.postgres();
    const [storeUrl, countersUrl] = [await server.database(), await server.database()];
    const provider = await lab.provider();
    const yaml = houseYaml(
      provider,
      `storage: { type: postgres, url: "\${env:DATABASE_URL}" }
counters: { type: postgres, url: "\${env:COUNTERS_URL}", deadline: 1s }
limits: [{ name: daily, per: [key], requests: ${LIMIT}/1d }]
budgets: [{ name: money, per: [tenant], usd: 1, period: year, tenants: [acme] }]
`,
    );
    const env = { DATABASE_URL: storeUrl, COUNTERS_URL: countersUrl };
    const first = await lab.gateway(yaml, env);
    // Before there is a second: the one-time token is that of the gateway that was started last.
    const [budgeted, fresh] = [await first.key(), await first.key('free')];
    const second = lab.prepared(yaml, env);
    for (const name of ['pepper', 'root-key']) {
      copyFileSync(join(first.dataDir, name), join(second.dataDir, name));
    }
    await second.start();
    const both = [first, second];
    const hold = (test: (gateway: typeof first) => Promise<boolean>, limitMs: number) =>
      within(limitMs, async () => (await Promise.all(both.map(test))).every(Boolean));
    const areTwo = await hold(
      async (gateway) => (await gateway.metric('llmproxy_counters_instances')) === 2,
      KNOWN_MS,
    );
    lab.check('served', 'both gateways are counted, by their leases', areTwo);
    await hold(async (gateway) => (await gateway.status(budgeted.key)) === 200, KNOWN_MS);
    await hold(
      async (gateway) => (await gateway.metric('llmproxy_store_snapshot_keys')) === 2,
      KNOWN_MS,
    );
    await server.stopAtOnce();
    await hold(async (gateway) => (await gateway.metric('llmproxy_counters_up')) === 0, KNOWN_MS);
    const counts: number[] = [];
    for (const gateway of both) {
      let held = 0;
      for (let call = 0; call < LIMIT; call += 1) {
        if ((await gateway.status(fresh.key)) === 200) held += 1;
      }
      counts.push(held);
    }
    lab.same('served', 'each gateway its share of a limit, by how many there were', [
      counts,
      [LIMIT / 2, LIMIT / 2],
    ]);
    let turn = 0;
    const refused = await lab.statuses(both.length, () => {
      turn += 1;
      return (turn % 2 === 0 ? first : second).status(budgeted.key);
    });
    lab.same('refused', 'calls under a hard budget, at both: 503', [refused, [503]]);
    await server.start();
    const areBack = await hold(
      async (gateway) => (await gateway.status(budgeted.key)) === 200,
      BACK_MS,
    );
    lab.check('recovers', `calls under a budget within ${BACK_MS / 1_000} s, at both`, areBack);
  },
};
