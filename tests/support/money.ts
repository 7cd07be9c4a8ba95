/** What tests of budgets share: a gateway with prices, a provider that says what it used, the ledger. */
import { setTimeout as delay } from 'node:timers/promises';

import type { UsageRow } from '#domain/ledger-entry.ts';

import { BASE, type House, openHouse } from './house.ts';
import { providerOf } from './stateful-upstream.ts';
import {
  completion,
  json,
  openUpstream,
  type Script,
  type Upstream,
  UPSTREAM_ENV,
} from './upstream.ts';

/** A dollar a million tokens in, two out: a token is a thousand nano-dollars, or two thousand. */
export const INPUT_NANO = 1_000;
export const OUTPUT_NANO = 2_000;
const PRICE = '{ inputPerMTok: 1, outputPerMTok: 2 }';

export interface MoneyHouse {
  readonly house: House;
  readonly upstream: Upstream;
  readonly close: () => Promise<void>;
}

export const moneyYaml = (upstream: Upstream, rest: string): string => `
providers:
  local: ${providerOf('openai', upstream)}
  claude: ${providerOf('anthropic', upstream)}
models:
  demo: { deployments: [{ provider: local, model: m }], price: ${PRICE} }
  claude: { deployments: [{ provider: claude, model: m }], price: ${PRICE} }
  unpriced: { deployments: [{ provider: local, model: no-such-model }] }
guards: []
${rest}
${BASE}`;

/** `tenants`: more of them, behind the one that there is. */
export async function openMoneyHouse(
  rest: string,
  script: Script,
  tenants = '',
): Promise<MoneyHouse> {
  const upstream = await openUpstream(script);
  const house = await openHouse(moneyYaml(upstream, rest) + tenants, UPSTREAM_ENV);
  return {
    house,
    upstream,
    async close() {
      await house.close();
      await upstream.close();
    },
  };
}

/** Opens one with a key, and closes it, however the run of it ends. */
export async function withMoneyHouse(
  script: Script,
  run: (scene: MoneyHouse, key: string) => Promise<void>,
  rest = '',
): Promise<void> {
  const open = await openMoneyHouse(rest, script);
  try {
    await run(open, await open.house.key());
  } finally {
    await open.close();
  }
}

/** Answers that say what they used. */
export const using =
  (input: number, output: number): Script =>
  (_seen, response) => {
    const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
    json(response, 200, completion('fine', { usage }));
  };

export const costOf = (input: number, output: number): number =>
  input * INPUT_NANO + output * OUTPUT_NANO;

/** Everything that the ledger has, once what has ended is in it. */
export async function usageOf(house: House): Promise<readonly UsageRow[]> {
  const { world } = house.running;
  await world.counting.ledger.flush();
  const query = { fromMs: 0, toMs: 4e12, stepMs: 4e12, tenant: null };
  return world.storage.ledger.usage(query, 0);
}

export async function spentOf(house: House): Promise<number> {
  return (await usageOf(house)).reduce((sum, { costNanoUsd }) => sum + costNanoUsd, 0);
}

/** Until nothing is held any more; the caller's last byte may come before the end of its call. */
export async function settled({ running: { world } }: House): Promise<void> {
  for (let turn = 0; turn < 200 && world.limitStore.openCount > 0; turn += 1) await delay(10);
}
