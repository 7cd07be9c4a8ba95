/** PostgreSQL takes no writes, as after a failover to a follower or with a full disk. */
import { adminRecords, isLedgerExact, postgresScene } from '../postgres-scene.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const BACK_MS = 6_000;
const CALLS = 5;

export const postgresReadOnly: Scenario = {
  name: 'postgres-read-only',
  dependency: 'PostgreSQL',
  failure: 'takes no writes',
  needs: ['postgres'],
  async run(lab) {
    const scene = await postgresScene(lab);
    const { server, url, gateway, used, revoked } = scene;
    await server.setting('default_transaction_read_only', 'on');
    await within(BACK_MS, async () => {
      const [row] = await server.run(url, 'SHOW default_transaction_read_only');
      return row?.['default_transaction_read_only'] === 'on';
    });
    const statuses = await lab.statuses(CALLS, () => gateway.status(used.key));
    lab.same('served', 'calls, without one error', [statuses, [200]]);
    lab.same('refused', 'a revoked key', [await gateway.status(revoked.key), 401]);
    const made = await gateway.admin('POST', 'tenants', { id: 'half' });
    lab.same('refused', 'a change: 503', [made.status, 503]);
    await server.setting('default_transaction_read_only', 'off');
    const isBack = await within(BACK_MS, async () => {
      const { status } = await gateway.admin('POST', 'tenants', { id: 'whole' });
      return status === 201;
    });
    lab.check('recovers', `changes are made again within ${BACK_MS / 1_000} s`, isBack);
    lab.same('refused', 'and nothing of it is there', [
      (await gateway.admin('GET', 'tenants/half')).status,
      404,
    ]);
    const isExact = await isLedgerExact(scene, BACK_MS);
    lab.check('recovers', 'the ledger has every call, to the nano-dollar', isExact);
    await within(BACK_MS, async () => (await adminRecords(gateway))('tenant/whole') > 0);
    const recordsOf = await adminRecords(gateway);
    lab.same('recovers', 'a record for the change that was made, none for the other', [
      [recordsOf('tenant/whole'), recordsOf('tenant/half')],
      [1, 0],
    ]);
  },
};
