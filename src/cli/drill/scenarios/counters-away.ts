/** Valkey is killed, and comes back with nothing of what it had. */
import { checkBack, countersScene, isAwayKnown } from '../counters-scene.ts';
import type { Scenario } from '../scenario.ts';

const CALLS = 8;

export const countersAway: Scenario = {
  name: 'counters-away',
  dependency: 'Valkey',
  failure: 'is away',
  needs: ['valkey', 'postgres'],
  async run(lab) {
    const scene = await countersScene(lab, 'away');
    const { valkey, budgeted, free, say } = scene;
    await valkey.kill();
    lab.same('served', 'calls without a budget, without one error', [
      await lab.statuses(CALLS, () => say(free)),
      [200],
    ]);
    lab.same('refused', 'calls under a hard budget: 503', [
      await lab.statuses(CALLS, () => say(budgeted)),
      [503],
    ]);
    lab.check('refused', 'and the metrics and `/readyz` say why', await isAwayKnown(scene));
    await valkey.start();
    await checkBack(lab, scene);
  },
};
