/** Valkey has no memory for writes. */
import { checkBack, countersScene, isAwayKnown } from '../counters-scene.ts';
import type { Scenario } from '../scenario.ts';

const CALLS = 8;

export const countersFull: Scenario = {
  name: 'counters-full',
  dependency: 'Valkey',
  failure: 'has no memory left',
  needs: ['valkey', 'postgres'],
  async run(lab) {
    const scene = await countersScene(lab, 'full');
    const { valkey, budgeted, free, say } = scene;
    await valkey.ask('CONFIG', 'SET', 'maxmemory', '1');
    lab.same('refused', 'calls under a hard budget: 503', [
      await lab.statuses(CALLS, () => say(budgeted)),
      [503],
    ]);
    lab.same('served', 'calls without a budget', [
      await lab.statuses(CALLS, () => say(free)),
      [200],
    ]);
    lab.check('refused', 'and the metrics and `/readyz` say why', await isAwayKnown(scene));
    await valkey.ask('CONFIG', 'SET', 'maxmemory', '0');
    await checkBack(lab, scene);
  },
};
