/** Somebody sets the clock of the machine an hour forwards, a day, and back. */
import { DrillClock } from '../clock.ts';
import { textAt } from '../http.ts';
import { houseYaml } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const LIMIT = 3;
/** A few calls: each holds more than it costs. */
const BUDGET_USD = 0.0005;
const START_MS = 5_000;

export const clockJump: Scenario = {
  name: 'clock-jump',
  dependency: 'Clock',
  failure: 'jumps',
  needs: ['preload'],
  isMoment: true,
  async run(lab) {
    const clock = new DrillClock(lab);
    const yaml = houseYaml(
      await lab.provider(),
      `limits: [{ name: rate, per: [key], requests: ${LIMIT}/1h, tenants: [acme] }]
budgets: [{ name: money, per: [tenant], usd: ${BUDGET_USD}, period: day, tenants: [free] }]
`,
    );
    const gateway = await lab.gateway(yaml, clock.env, clock.flags);
    const [limited, spender] = [await gateway.key(), await gateway.key('free')];
    const { json } = await gateway.done('POST', 'keys', {
      tenant: 'acme',
      user: 'ann',
      expires: '2h',
    });
    const short = textAt(json, 'key');
    const spend = (): Promise<number> => gateway.status(spender.key, { max_tokens: 3 });
    for (let call = 0; call < LIMIT; call += 1) await gateway.status(limited.key);
    lab.same('served', 'calls that are within both', [await spend(), 200]);
    await within(START_MS, async () => (await spend()) === 429);
    const before = [await gateway.status(limited.key), await spend()];
    lab.same('refused', 'who is over a limit and a budget', [before, [429, 429]]);

    await clock.set(gateway, HOUR_MS);
    lab.same('served', 'calls, an hour on', [await gateway.status(short), 200]);
    lab.same('refused', 'no limit is full again for it', [await gateway.status(limited.key), 429]);
    await clock.set(gateway, -2 * HOUR_MS);
    lab.same('served', 'calls, an hour back', [await gateway.status(short), 200]);
    lab.same('refused', 'nor for that', [await gateway.status(limited.key), 429]);

    await clock.set(gateway, DAY_MS + HOUR_MS);
    lab.same('refused', 'a key that has ended by then', [await gateway.status(short), 401]);
    lab.same('served', 'a budget of the next day, which is another', [await spend(), 200]);
    await clock.set(gateway, -DAY_MS);
    lab.same('refused', 'the budget of the day before is as spent as it was', [await spend(), 429]);
    lab.same('recovers', 'the key works when the clock is right', [
      await gateway.status(short),
      200,
    ]);
    await clock.pass(gateway, 2 * HOUR_MS);
    lab.same('recovers', 'the limit is full again when an hour has passed', [
      await gateway.status(limited.key),
      200,
    ]);
    lab.check('recovers', 'the audit log verifies', gateway.isLogIntact());
  },
};
