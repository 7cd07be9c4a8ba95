/** Valkey stops as it is: its connections stay open and nothing comes. */
import { checkBack, countersScene, isAwayKnown } from '../counters-scene.ts';
import type { Scenario } from '../scenario.ts';

const CALLS = 8;
/** Once it is known nobody waits; a busy machine is late by this. */
const KNOWN_CALL_MS_MAX = 200;

export const countersHung: Scenario = {
  name: 'counters-hung',
  dependency: 'Valkey',
  failure: 'hangs',
  needs: ['valkey', 'postgres'],
  async run(lab) {
    const scene = await countersScene(lab, 'hung');
    const { valkey, gateway, budgeted, free, say } = scene;
    valkey.hang();
    lab.same('refused', 'calls under a hard budget: 503', [
      await lab.statuses(CALLS, () => say(budgeted)),
      [503],
    ]);
    await isAwayKnown(scene);
    lab.same('served', 'calls without a budget, without one error', [
      await lab.statuses(CALLS, () => say(free)),
      [200],
    ]);
    const times: number[] = [];
    for (let call = 0; call < CALLS; call += 1) times.push((await gateway.call(free.key)).ms);
    const half = times.toSorted((a, b) => a - b)[CALLS / 2] ?? 0;
    lab.check('served', 'and nobody waits for it', half < KNOWN_CALL_MS_MAX, `${half} ms`);
    valkey.goOn();
    await checkBack(lab, scene);
  },
};
