/** What scenarios of shared counters begin with: a tenant under a hard budget, and one without. */
import type { DrillGateway, MadeKey } from './gateway.ts';
import { houseYaml, type Lab } from './lab.ts';
import { DrillProvider } from './provider.ts';
import type { DrillPostgres } from './servers/postgres.ts';
import type { DrillValkey } from './servers/valkey.ts';
import { within } from './wait.ts';

const BUDGET_CALLS = 40;
/** A step, and five beats that are late. */
export const KNOWN_MS = 4_000;
/** A probe a second, a connection that is made anew, and the pause of an epoch. */
export const BACK_MS = 10_000;
/** Bounds what a call may cost, so that few are held for much. */
const SHORT = { max_tokens: 3 };

export interface CountersScene {
  readonly valkey: DrillValkey;
  readonly postgres: DrillPostgres;
  readonly ledgerUrl: string;
  readonly provider: DrillProvider;
  readonly gateway: DrillGateway;
  readonly budgeted: MadeKey;
  readonly free: MadeKey;
  /** The status of one call, with or without a budget. */
  readonly say: (key: MadeKey) => Promise<number>;
}

export async function countersScene(lab: Lab, namespace: string): Promise<CountersScene> {
  const [valkey, postgres] = [await lab.valkey(), await lab.postgres()];
  const ledgerUrl = await postgres.database();
  const provider = await lab.provider();
  const usd = (BUDGET_CALLS * DrillProvider.callNanoUsd) / 1e9;
  const yaml = houseYaml(
    provider,
    `counters: { type: valkey, url: "${valkey.url}", password: "\${env:COUNTERS_PASSWORD}", namespace: ${namespace}, deadline: 250ms }
ledger: { type: postgres, url: "\${env:LEDGER_URL}" }
budgets: [{ name: money, per: [tenant], usd: ${usd}, period: year, tenants: [acme] }]
limits: [{ name: rate, per: [key], requests: 1000/1h }]
`,
  );
  const env = { COUNTERS_PASSWORD: valkey.password, LEDGER_URL: ledgerUrl };
  const gateway = await lab.gateway(yaml, env);
  const [budgeted, free] = [await gateway.key(), await gateway.key('free')];
  const say = ({ key }: MadeKey): Promise<number> => gateway.status(key, SHORT);
  await within(BACK_MS, async () => (await say(budgeted)) === 200);
  await within(BACK_MS, async () => (await say(free)) === 200);
  return { valkey, postgres, ledgerUrl, provider, gateway, budgeted, free, say };
}

/** Once the counters are away, and the gateway knows. */
export const isAwayKnown = ({ gateway }: CountersScene): Promise<boolean> =>
  within(KNOWN_MS, async () => {
    if ((await gateway.metric('llmproxy_counters_up')) !== 0) return false;
    const { status, text } = await gateway.ready();
    return status === 200 && text === 'ok (counters away: limits soft, budgets deny)\n';
  });

/** What every scenario ends with: the budget is open again, holds, and is what the provider says. */
export async function checkBack(lab: Lab, scene: CountersScene): Promise<void> {
  const { gateway, budgeted, say, postgres, ledgerUrl, provider } = scene;
  const isBack = await within(BACK_MS, async () => (await say(budgeted)) === 200);
  lab.check('recovers', `calls under a budget within ${BACK_MS / 1_000} s`, isBack);
  const isFull = await within(BACK_MS, async () => (await say(budgeted)) === 429);
  const spent = async (tenant: string): Promise<number> => {
    const [row] = await postgres.run(
      ledgerUrl,
      'SELECT coalesce(sum(cost_nano_usd), 0)::text AS spent FROM llmproxy.ledger WHERE tenant = $1',
      [tenant],
    );
    return Number(row?.['spent']);
  };
  const isExact = await within(
    BACK_MS,
    async () => (await spent('acme')) + (await spent('free')) === provider.nanoUsd,
  );
  const money = await spent('acme');
  const limit = BUDGET_CALLS * DrillProvider.callNanoUsd;
  lab.check(
    'recovers',
    'the budget ends where it should, and not beyond',
    isFull && money <= limit,
    `${money} of ${limit}`,
  );
  lab.check('recovers', 'the ledger has every call, to the nano-dollar', isExact);
  lab.same('recovers', 'one gateway is counted', [
    await gateway.metric('llmproxy_counters_instances'),
    1,
  ]);
}
