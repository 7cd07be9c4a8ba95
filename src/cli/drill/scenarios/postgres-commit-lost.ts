/**
 * The connection ends with a COMMIT on its way: with its answer lost, and then before it arrived. In
 * the one case the change was made, in the other it was not, and whoever asked is told which.
 */
import type { FaultProxy } from '../fault-proxy.ts';
import { adminRecords, postgresScene } from '../postgres-scene.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const CHANGES = 3;
const BACK_MS = 8_000;

export const postgresCommitLost: Scenario = {
  name: 'postgres-commit-lost',
  dependency: 'PostgreSQL',
  failure: 'loses a commit, or its answer',
  needs: ['postgres'],
  isMoment: true,
  async run(lab) {
    const ways: FaultProxy[] = [];
    const { gateway, used } = await postgresScene(lab, async (url) => {
      const way = await lab.proxy(Number(new URL(url).port));
      ways.push(way);
      return way.through(url);
    });
    const create = async (id: string, fault: Parameters<FaultProxy['set']>[0]) => {
      // Until it is answered: commits of others (the ledger, a reading) are on the same way.
      for (const way of ways) way.set(fault);
      const { status } = await gateway.admin('POST', 'tenants', { id });
      for (const way of ways) way.set({ kind: 'none' });
      return status;
    };
    const exists = async (id: string): Promise<boolean> =>
      await within(
        BACK_MS,
        async () => (await gateway.admin('GET', `tenants/${id}`)).status === 200,
      );
    const [made, notMade]: [number[], number[]] = [[], []];
    for (let at = 0; at < CHANGES; at += 1) {
      made.push(await create(`made${at}`, { kind: 'lose-answer', to: 'COMMIT' }));
      notMade.push(await create(`not${at}`, { kind: 'lose-question', of: 'COMMIT' }));
    }
    const lost = ways.reduce((sum, way) => sum + way.lost, 0);
    lab.check('refused', 'each of them was lost on its way', lost >= 2 * CHANGES, lost);
    lab.same('served', 'calls go on', [await gateway.status(used.key), 200]);
    lab.same('served', 'a commit whose answer was lost is told of as made', [
      made,
      made.map(() => 201),
    ]);
    lab.same('refused', 'a commit that never arrived: 503', [notMade, notMade.map(() => 503)]);
    lab.check('recovers', 'the next change is made', (await gateway.key()).key !== '');
    const seen: unknown[] = [];
    for (let at = 0; at < CHANGES; at += 1) {
      seen.push(await exists(`made${at}`));
      seen.push((await gateway.admin('GET', `tenants/not${at}`)).status);
    }
    lab.same('recovers', 'what was made is there, what was not is not', [
      seen,
      made.flatMap(() => [true, 404]),
    ]);
    const records: number[] = [];
    await within(BACK_MS, async () => {
      records.length = 0;
      const recordsOf = await adminRecords(gateway);
      for (let at = 0; at < CHANGES; at += 1) {
        records.push(recordsOf(`tenant/made${at}`), recordsOf(`tenant/not${at}`));
      }
      return records.every((count, at) => count === (at % 2 === 0 ? 1 : 0));
    });
    lab.same('recovers', 'one record for each that was made, none for the others', [
      records,
      made.flatMap(() => [1, 0]),
    ]);
  },
};
