/** PostgreSQL and all its processes stop as they are: connections stay open and nothing comes. */
import { postgresScene } from '../postgres-scene.ts';
import { stalled } from '../postgres-stall.ts';
import type { Scenario } from '../scenario.ts';

export const postgresHung: Scenario = {
  name: 'postgres-hung',
  dependency: 'PostgreSQL',
  failure: 'hangs',
  needs: ['postgres'],
  async run(lab) {
    const scene = await postgresScene(lab);
    const { server } = scene;
    await stalled(lab, scene, {
      begin: () => server.hang(),
      end: () => server.goOn(),
      backMs: 6_000,
    });
  },
};
