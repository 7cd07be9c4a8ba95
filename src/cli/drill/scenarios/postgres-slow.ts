/** Each piece on the way to PostgreSQL and back takes five seconds. */
import type { FaultProxy } from '../fault-proxy.ts';
import { postgresScene } from '../postgres-scene.ts';
import { stalled } from '../postgres-stall.ts';
import type { Scenario } from '../scenario.ts';

const SLOW_MS = 5_000;

export const postgresSlow: Scenario = {
  name: 'postgres-slow',
  dependency: 'PostgreSQL',
  failure: 'is slow',
  needs: ['postgres'],
  async run(lab) {
    const ways: FaultProxy[] = [];
    const scene = await postgresScene(lab, async (url) => {
      const way = await lab.proxy(Number(new URL(url).port));
      ways.push(way);
      return way.through(url);
    });
    const set = (fault: Parameters<FaultProxy['set']>[0]): void => {
      for (const way of ways) way.set(fault);
    };
    await stalled(lab, scene, {
      begin: () => set({ kind: 'slow', ms: SLOW_MS }),
      end: () => set({ kind: 'none' }),
      backMs: 8_000,
    });
  },
};
