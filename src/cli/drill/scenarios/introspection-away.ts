/** The server that knows opaque tokens does not answer. */
import { randomBase62 } from '#stdx/base62.ts';

import { sendJson } from '../http.ts';
import { houseYaml } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const BACK_MS = 10_000;
const TOKEN_CHARS = 32;

export const introspectionAway: Scenario = {
  name: 'introspection-away',
  dependency: 'Identity provider (introspection)',
  failure: 'is away',
  needs: [],
  async run(lab) {
    const [known, fresh] = [randomBase62(TOKEN_CHARS), randomBase62(TOKEN_CHARS)];
    const idp = await lab.played(({ body }, response) => {
      const token = new URLSearchParams(body).get('token');
      const isActive = token === known || token === fresh;
      sendJson(response, 200, isActive ? { active: true, sub: 'ann' } : { active: false });
    });
    const yaml = houseYaml(
      await lab.provider(),
      `auth: { introspection: [{ endpoint: "${idp.url}/introspect", clientId: drill, clientSecret: "\${env:CLIENT_SECRET}", tenant: acme, cache: 30s, allowPrivateAddress: true }] }\n`,
    );
    const gateway = await lab.gateway(yaml, { CLIENT_SECRET: randomBase62(TOKEN_CHARS) });
    const { key } = await gateway.key();
    await within(BACK_MS, async () => (await gateway.status(known)) === 200);
    await idp.leave();
    lab.same('served', 'a token that it has answered for, for `cache`', [
      await gateway.status(known),
      200,
    ]);
    const isServed = await within(BACK_MS, async () => (await gateway.status(key)) === 200);
    lab.check('served', 'keys of the gateway itself', isServed);
    const meanwhile = await lab.statuses(1, () => gateway.status(key));
    lab.same('served', 'as long as it lasts', [meanwhile, [200]]);
    const status = await gateway.status(fresh);
    lab.check('refused', 'tokens that it was not asked about', [401, 503].includes(status), status);
    await idp.back();
    const isBack = await within(BACK_MS, async () => (await gateway.status(fresh)) === 200);
    lab.check('recovers', `within ${BACK_MS / 1_000} s`, isBack);
  },
};
