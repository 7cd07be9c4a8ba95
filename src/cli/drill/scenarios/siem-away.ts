/** The receiver of audit records refuses connections while calls go on. */
import { randomBytes } from 'node:crypto';

import { houseYaml } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const CALLS = 12;
const CALL_MS_MAX = 2_000;
const BACK_MS = 20_000;

export const siemAway: Scenario = {
  name: 'siem-away',
  dependency: 'SIEM',
  failure: 'is away',
  needs: [],
  async run(lab) {
    const taken: string[] = [];
    const siem = await lab.played(({ body }, response) => {
      taken.push(body);
      response.writeHead(200).end();
    });
    const secret = `whsec_${randomBytes(32).toString('base64')}`;
    const gateway = await lab.gateway(
      houseYaml(
        await lab.provider(),
        `audit: { sinks: [{ name: siem, type: webhook, url: "${siem.url}/hook", secret: "\${env:SIEM_SECRET}", timeout: 500ms, from: start, allowPrivateAddress: true }] }\n`,
      ),
      { SIEM_SECRET: secret },
    );
    const { key } = await gateway.key();
    await within(CALL_MS_MAX, async () => (await gateway.status(key)) === 200);
    await siem.leave();
    const answers: Awaited<ReturnType<typeof gateway.call>>[] = [];
    const statuses = await lab.statuses(CALLS, async () => {
      const answer = await gateway.call(key);
      answers.push(answer);
      return answer.status;
    });
    const slowest = Math.max(...answers.map(({ ms }) => ms));
    lab.same('served', 'every call', [statuses, [200]]);
    lab.check('served', 'none waits for it', slowest < CALL_MS_MAX, `${Math.round(slowest)} ms`);
    lab.same('refused', 'nothing: readiness stays', [(await gateway.ready()).status, 200]);
    await siem.back();
    const ids = answers.map(({ headers }) => String(headers['x-request-id']));
    const hasAll = await within(BACK_MS, () => {
      const all = taken.join('\n');
      return ids.every((id) => all.includes(id));
    });
    lab.check('recovers', `every record is delivered within ${BACK_MS / 1_000} s`, hasAll);
    const all = taken.join('\n');
    const places = ids.map((id) => all.indexOf(id));
    const isOrdered = places.every((at, index) => index === 0 || at > (places[index - 1] ?? -1));
    lab.check('recovers', 'in their order', isOrdered);
  },
};
