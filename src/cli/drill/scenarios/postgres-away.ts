/** PostgreSQL stops at once, as after a crash, under a gateway that goes on, is killed and starts again. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { randomBase62 } from '#stdx/base62.ts';

import { isLedgerExact, postgresScene } from '../postgres-scene.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const AWAY_KNOWN_MS = 5_000;
const BACK_MS = 6_000;
const CALLS = 10;

/** One letter of the snapshot in the data folder is another. Gives back how to put it right. */
function alter(dataDir: string): () => void {
  const name = readdirSync(dataDir).find((each) => each.endsWith('.jsonl')) ?? '';
  const path = join(dataDir, name);
  const right = readFileSync(path, 'utf8');
  writeFileSync(path, right.replace('revokedMs', 'revokedMS'));
  return () => writeFileSync(path, right);
}

export const postgresAway: Scenario = {
  name: 'postgres-away',
  dependency: 'PostgreSQL',
  failure: 'is away',
  needs: ['postgres'],
  async run(lab) {
    const scene = await postgresScene(lab);
    const { server, gateway, used, unused, revoked } = scene;
    await server.stopAtOnce();
    const statuses = await lab.statuses(CALLS, () => gateway.status(used.key));
    lab.same('served', 'calls with keys that are known, without one error', [statuses, [200]]);
    lab.same('served', 'a key that nobody had used yet', [await gateway.status(unused.key), 200]);
    const isTold = await within(AWAY_KNOWN_MS, async () =>
      (await gateway.ready()).text.includes('snapshot'),
    );
    lab.check('served', 'readiness stays, and says that a snapshot is served', isTold);
    lab.same('refused', 'a key that was revoked before', [await gateway.status(revoked.key), 401]);
    const made = await gateway.admin('POST', 'tenants', { id: 'late' });
    lab.same('refused', 'a change: 503', [made.status, 503]);
    lab.check('refused', 'with a hint when to try again', Number(made.headers['retry-after']) > 0);

    await gateway.kill();
    const mend = alter(gateway.dataDir);
    const isStarted = await gateway.tryStart();
    lab.check('refused', 'a start from a snapshot that was altered', !isStarted);
    lab.check('refused', 'which says so', gateway.log.includes('it was altered'), gateway.log);
    mend();
    lab.check('served', 'a gateway that is started meanwhile', await gateway.tryStart());
    lab.same('served', 'calls at it', [await gateway.status(unused.key), 200]);
    lab.same('refused', 'the revoked key at it', [await gateway.status(revoked.key), 401]);
    const foreign = `llmp_live_${randomBase62(20)}`;
    lab.same('refused', 'what is no key at all', [await gateway.status(foreign), 401]);

    await server.start();
    const isBack = await within(
      BACK_MS,
      async () => (await gateway.admin('POST', 'tenants', { id: 'late' })).status === 201,
    );
    lab.check('recovers', `changes are made again within ${BACK_MS / 1_000} s`, isBack);
    const isExact = await isLedgerExact(scene, BACK_MS);
    lab.check('recovers', 'the ledger has every call, to the nano-dollar', isExact);
    lab.check('recovers', 'the audit log verifies', gateway.isLogIntact());
  },
};
