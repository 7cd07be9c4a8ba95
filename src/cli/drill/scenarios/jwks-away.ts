/** The identity provider does not give its keys: those that were read go on, and it is not asked again and again. */
import { DrillClock } from '../clock.ts';
import { DrillIssuer } from '../issuer.ts';
import { houseYaml } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const CALLS = 8;
/** Between two readings of keys. */
const BETWEEN_MS = 31_000;
const START_MS = 5_000;

export const jwksAway: Scenario = {
  name: 'jwks-away',
  dependency: 'Identity provider (JWKS)',
  failure: 'is away',
  needs: ['preload'],
  async run(lab) {
    const clock = new DrillClock(lab);
    const issuer = await DrillIssuer.open(lab);
    const yaml = houseYaml(await lab.provider(), issuer.yaml());
    const gateway = await lab.gateway(yaml, clock.env, clock.flags);
    const known = issuer.token();
    await within(START_MS, async () => (await gateway.status(known)) === 200);
    const readsBefore = issuer.reads;
    issuer.rotate();
    const rotated = issuer.token();
    await issuer.leave();
    await clock.pass(gateway, BETWEEN_MS);
    const statuses = await lab.statuses(CALLS, () => gateway.status(known));
    lab.same('served', 'tokens of keys that were read', [statuses, [200]]);
    const foreign = new Set<number>();
    for (let call = 0; call < CALLS; call += 1) {
      foreign.add(await gateway.status(issuer.token(true)));
    }
    foreign.add(await gateway.status(rotated));
    const areRefused = [...foreign].every((status) => status === 401 || status === 503);
    lab.check('refused', 'tokens of keys that were not: 401 or 503', areRefused, [...foreign]);
    await issuer.back();
    lab.same('refused', 'and nobody asks for keys because of them', [issuer.reads, readsBefore]);
    await clock.pass(gateway, BETWEEN_MS);
    const isBack = await within(START_MS, async () => (await gateway.status(rotated)) === 200);
    lab.check('recovers', 'a new key is read when it is there, 30 s after the last try', isBack);
    const reads = issuer.reads - readsBefore;
    lab.same('recovers', 'once, however many ask', [reads, 1]);
  },
};
