/** PostgreSQL and all its processes stop as they are: connections stay open and nothing comes. */
import { isLedgerExact, postgresScene } from '../postgres-scene.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

/** One look-up that is waited for, and what a busy machine is late by. */
const CALL_MS_MAX = 3_000;
const CHANGE_MS_MAX = 12_000;
const BACK_MS = 6_000;
const CALLS = 6;

export const postgresHung: Scenario = {
  name: 'postgres-hung',
  dependency: 'PostgreSQL',
  failure: 'hangs',
  needs: ['postgres'],
  async run(lab) {
    const scene = await postgresScene(lab);
    const { server, gateway, used, unused, revoked } = scene;
    server.hang();
    const calls = await Promise.all(
      Array.from({ length: CALLS }, (_each, at) =>
        gateway.call(at % 2 === 0 ? used.key : unused.key),
      ),
    );
    const slowest = Math.max(...calls.map(({ ms }) => ms));
    lab.same('served', 'calls with known keys', [
      [...new Set(calls.map(({ status }) => status))],
      [200],
    ]);
    const claim = `none waits longer than ${CALL_MS_MAX / 1_000} s`;
    lab.check('served', claim, slowest < CALL_MS_MAX, `${Math.round(slowest)} ms`);
    const later = await lab.statuses(1, () => gateway.status(unused.key));
    lab.same('served', 'and as long as it lasts', [later, [200]]);
    lab.same('refused', 'a key that was revoked before', [await gateway.status(revoked.key), 401]);
    const made = await gateway.admin('POST', 'tenants', { id: 'late' });
    lab.same('refused', 'a change: 503, in time', [
      [made.status, made.ms < CHANGE_MS_MAX],
      [503, true],
    ]);
    server.goOn();
    const isBack = await within(BACK_MS, async () => {
      const { status } = await gateway.admin('POST', 'tenants', { id: 'later' });
      return status === 201;
    });
    lab.check('recovers', `changes are made again within ${BACK_MS / 1_000} s`, isBack);
    const isExact = await isLedgerExact(scene, BACK_MS);
    lab.check('recovers', 'the ledger has every call, to the nano-dollar', isExact);
  },
};
