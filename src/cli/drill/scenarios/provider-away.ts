/** A provider refuses connections. */
import type { DrillProvider } from '../provider.ts';
import type { Lab } from '../lab.ts';
import type { Scenario } from '../scenario.ts';
import { within } from '../wait.ts';

const CALLS = 4;
/** A breaker opens for two seconds first, then for longer: half a minute where a failure lasts. */
export const BACK_MS = 33_000;

/** `demo` has the first provider alone, `both` goes on to the second. */
export const twoProvidersYaml = (
  [first, second]: readonly [DrillProvider, DrillProvider],
  more = '',
): string => `
providers: { first: ${first.yaml(more)}, second: ${second.yaml(more)} }
models:
  demo: { deployments: [{ provider: first, model: m }] }
  both: { deployments: [{ provider: first, model: m, weight: 1000 }, { provider: second, model: m, weight: 1 }] }
guards: []
tenants: [{ id: acme, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }]
`;

export async function providerScene(lab: Lab, more = '') {
  const [first, second] = [await lab.provider(), await lab.provider()];
  const gateway = await lab.gateway(twoProvidersYaml([first, second], more));
  const { key } = await gateway.key();
  await within(BACK_MS, async () => (await gateway.status(key)) === 200);
  const say = (model: string): Promise<number> => gateway.status(key, { model });
  /** By a model of the first provider alone, for as long as it is away. */
  const meanwhile = () => lab.statuses(CALLS, () => say('demo'));
  const atBoth = async (): Promise<readonly number[]> => {
    const seen = new Set<number>();
    for (let call = 0; call < CALLS; call += 1) seen.add(await say('both'));
    return [...seen];
  };
  const isBack = (): Promise<boolean> => within(BACK_MS, async () => (await say('demo')) === 200);
  return { first, meanwhile, atBoth, isBack };
}

export const providerAway: Scenario = {
  name: 'provider-away',
  dependency: 'Provider',
  failure: 'is away',
  needs: [],
  async run(lab) {
    const { first, meanwhile, atBoth, isBack } = await providerScene(lab);
    await first.leave();
    const failed = await meanwhile();
    lab.check(
      'refused',
      'calls that no other provider can take: 502 or 503, none hangs',
      failed.every((status) => status === 502 || status === 503),
      failed,
    );
    lab.same('served', 'calls that another provider can take', [await atBoth(), [200]]);
    await first.back();
    lab.check('recovers', `within ${BACK_MS / 1_000} s, by a probe`, await isBack());
  },
};
