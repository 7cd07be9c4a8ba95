/** A gateway with one model at two providers, and limits that count by provider. */
import { BASE, type House, openHouse } from './house.ts';
import { providerOf } from './stateful-upstream.ts';
import { openUpstream, type Script, type Upstream, UPSTREAM_ENV } from './upstream.ts';

export interface TwoProviders {
  readonly houses: readonly House[];
  readonly one: Upstream;
  readonly two: Upstream;
  readonly close: () => Promise<void>;
}

export interface TwoOptions {
  /** Of the two deployments; 0: only where no other is left. */
  readonly weights?: readonly [number, number];
  readonly price?: string;
  /** In place of the model at both. */
  readonly models?: string;
  /** More of them; everyone in them may call. */
  readonly tenants?: readonly string[];
  readonly rest?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** How many gateways, all of one configuration. */
  readonly gateways?: number;
}

const tenantOf = (id: string): string =>
  `  - { id: ${id}, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }\n`;

export async function openTwoProviders(
  limits: string,
  scripts: readonly [Script, Script],
  options: TwoOptions = {},
): Promise<TwoProviders> {
  const { weights = [1, 1], price = '', rest = '', env = {}, gateways = 1 } = options;
  const { tenants = [] } = options;
  const [one, two] = [await openUpstream(scripts[0]), await openUpstream(scripts[1])];
  const deployments = ['one', 'two'].map(
    (name, at) => `{ provider: ${name}, model: m, weight: ${weights[at]} }`,
  );
  const yaml = `
providers:
  one: ${providerOf('openai', one)}
  two: ${providerOf('openai', two)}
models:
  demo: ${options.models ?? `{ deployments: [${deployments.join(', ')}]${price} }`}
guards: []
limits: [${limits}]
${rest}
${BASE}${tenants.map(tenantOf).join('')}`;
  const houses: House[] = [];
  for (let at = 0; at < gateways; at += 1) {
    houses.push(await openHouse(yaml, { ...UPSTREAM_ENV, ...env }));
  }
  return {
    houses,
    one,
    two,
    async close() {
      for (const house of houses) await house.close();
      await one.close();
      await two.close();
    },
  };
}
