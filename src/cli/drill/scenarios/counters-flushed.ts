/** Valkey forgets everything and goes on. */
import { checkBack, countersScene } from '../counters-scene.ts';
import type { Scenario } from '../scenario.ts';

const CALLS = 8;
const SPENT_CALLS = 20;

export const countersFlushed: Scenario = {
  name: 'counters-flushed',
  dependency: 'Valkey',
  failure: 'has lost its data',
  needs: ['valkey', 'postgres'],
  isMoment: true,
  async run(lab) {
    const scene = await countersScene(lab, 'flushed');
    const { valkey, budgeted, free, say } = scene;
    for (let call = 0; call < SPENT_CALLS; call += 1) await say(budgeted);
    await valkey.ask('FLUSHALL');
    const refused = new Set<number>();
    for (let call = 0; call < CALLS; call += 1) refused.add(await say(budgeted));
    lab.same('refused', 'calls under a hard budget, until the ledger has spoken: 503', [
      [...refused],
      [503],
    ]);
    lab.same('served', 'calls without a budget', [
      await lab.statuses(CALLS, () => say(free)),
      [200],
    ]);
    await checkBack(lab, scene);
  },
};
