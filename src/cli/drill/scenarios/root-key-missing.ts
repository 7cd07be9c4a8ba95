/** The file of the root key is gone. */
import { existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';

import { randomBase62 } from '#stdx/base62.ts';

import { houseYaml } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const START_MS = 5_000;

export const rootKeyMissing: Scenario = {
  name: 'root-key-missing',
  dependency: 'Root key',
  failure: 'is missing',
  needs: [],
  async run(lab) {
    const provider = await lab.provider();
    const gateway = await lab.gateway(houseYaml(provider));
    const secret = randomBase62(40);
    const secrets = 'tenants/acme/provider-secrets';
    await gateway.done('POST', secrets, { provider: 'local', secret });
    const { key } = await gateway.key();
    await within(START_MS, async () => (await gateway.status(key)) === 200);
    const file = join(gateway.dataDir, 'root-key');
    renameSync(file, `${file}.away`);
    const meanwhile = await lab.statuses(1, () => gateway.status(key));
    lab.same('served', 'calls at a gateway that runs', [meanwhile, [200]]);
    await gateway.kill();
    lab.check('refused', 'a start', !(await gateway.tryStart()));
    lab.check('refused', 'which makes no other key, that would open nothing', !existsSync(file));
    renameSync(`${file}.away`, file);
    lab.check('recovers', 'it starts when the file is back', await gateway.tryStart());
    lab.same('recovers', 'and the secret opens', [
      [await gateway.status(key), provider.credential === `Bearer ${secret}`],
      [200, true],
    ]);
  },
};
