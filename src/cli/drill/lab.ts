/**
 * What a scenario is handed: a folder of its own, gateways, servers, and somewhere to say what it saw.
 * Whatever it opens is closed by the lab, in the order that was not opened in, also where it failed.
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { randomBase62 } from '#stdx/base62.ts';

import { atEnd } from './ending.ts';
import { FaultProxy } from './fault-proxy.ts';
import { DrillGateway } from './gateway.ts';
import { play, type Played, type Script } from './http.ts';
import { DrillProvider } from './provider.ts';
import type { Aspect, Check } from './check.ts';
import type { DrillPostgres } from './servers/postgres.ts';
import type { DrillValkey } from './servers/valkey.ts';
import { pause } from './wait.ts';

/** Servers that all scenarios of a drill share; each has a database, or a namespace, of its own. */
export interface Servers {
  readonly dir: string;
  postgres(): Promise<DrillPostgres>;
  valkey(): Promise<DrillValkey>;
  /** Those that were opened are as they were. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

export async function openServers(): Promise<Servers> {
  const dir = mkdtempSync(join(tmpdir(), 'llmproxy-drill-'));
  const remove = (): void => rmSync(dir, { recursive: true, force: true });
  const forget = atEnd(remove);
  let [postgres, valkey]: [Promise<DrillPostgres> | null, Promise<DrillValkey> | null] = [
    null,
    null,
  ];
  const { DrillPostgres } = await import('./servers/postgres.ts');
  const { DrillValkey } = await import('./servers/valkey.ts');
  return {
    dir,
    postgres: () => (postgres ??= DrillPostgres.open()),
    valkey: () => (valkey ??= DrillValkey.open(dir)),
    async mend() {
      await (await postgres)?.mend();
      await (await valkey)?.mend();
    },
    async close() {
      // What could not be opened has nothing to close.
      await postgres?.then((one) => one.close()).catch(() => {});
      await valkey?.then((one) => one.close()).catch(() => {});
      remove();
      forget();
    },
  };
}

/** One tenant, everyone in it is a developer, one model at one provider. */
export const houseYaml = (provider: DrillProvider, more = ''): string => `
providers: { local: ${provider.yaml()} }
models:
  demo: { deployments: [{ provider: local, model: m }], price: { inputPerMTok: 1, outputPerMTok: 2 } }
guards: []
tenants:
  - { id: acme, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
  - { id: free, bindings: [{ role: developer, users: ["*"], keys: ["*"] }] }
${more}`;

/** Between calls of an outage that lasts. */
const BETWEEN_MS = 250;

export interface DrillWay {
  /** How this program is started, without its arguments. */
  readonly program: readonly string[];
  /** How long a failure lasts at least; 0: as long as it takes to look. */
  readonly outageMs: number;
}

export class Lab {
  readonly #servers: Servers;
  readonly #program: readonly string[];
  readonly #outageMs: number;
  readonly #dir: string;
  readonly #closes: (() => Promise<unknown>)[] = [];
  readonly checks: Check[] = [];
  #count = 0;
  #hasLasted = false;

  constructor(servers: Servers, { program, outageMs }: DrillWay, name: string) {
    this.#servers = servers;
    this.#program = program;
    this.#outageMs = outageMs;
    this.#dir = join(servers.dir, name);
    mkdirSync(this.#dir, { mode: 0o700 });
  }

  /** Something was looked at for as long as an outage lasts. */
  get hasLasted(): boolean {
    return this.#hasLasted;
  }

  check(aspect: Aspect, claim: string, holds: boolean, seen?: unknown): void {
    const told =
      seen === undefined ? {} : { seen: typeof seen === 'string' ? seen : JSON.stringify(seen) };
    this.checks.push({ aspect, claim, holds, ...(holds ? {} : told) });
  }

  /** The number that was expected, and no other. */
  same(aspect: Aspect, claim: string, [seen, expected]: readonly [unknown, unknown]): void {
    const holds = JSON.stringify(seen) === JSON.stringify(expected);
    this.check(aspect, claim, holds, `${JSON.stringify(seen)}, not ${JSON.stringify(expected)}`);
  }

  /** The statuses of calls in a row, without what comes again: as many, and for as long as an outage lasts. */
  async statuses(calls: number, say: () => Promise<number>): Promise<readonly number[]> {
    const seen = new Set<number>();
    const untilMs = performance.now() + this.#outageMs;
    this.#hasLasted = true;
    for (let call = 0; call < calls || performance.now() < untilMs; call += 1) {
      seen.add(await say());
      if (call >= calls) await pause(BETWEEN_MS);
    }
    return [...seen].toSorted((a, b) => a - b);
  }

  postgres(): Promise<DrillPostgres> {
    return this.#servers.postgres();
  }

  valkey(): Promise<DrillValkey> {
    return this.#servers.valkey();
  }

  async provider(): Promise<DrillProvider> {
    const provider = await DrillProvider.open();
    this.#closes.push(() => provider.close());
    return provider;
  }

  async played(script: Script): Promise<Played> {
    const played = await play(script);
    this.#closes.push(() => played.close());
    return played;
  }

  async proxy(toPort: number): Promise<FaultProxy> {
    const proxy = await FaultProxy.open(toPort);
    this.#closes.push(() => proxy.close());
    return proxy;
  }

  /** Not started. `like`: another gateway with its pepper and root key. */
  prepared(
    yaml: string,
    env: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): DrillGateway {
    this.#count += 1;
    const dir = join(this.#dir, `gateway${this.#count}`);
    const [node = '', ...rest] = this.#program;
    const program = [node, ...flags, ...rest];
    const all = { DRILL_KEY: randomBase62(32), ...env };
    const gateway = new DrillGateway({ program, dir, yaml, env: all });
    this.#closes.push(() => gateway.kill());
    return gateway;
  }

  async gateway(
    yaml: string,
    env: Readonly<Record<string, string>> = {},
    flags: readonly string[] = [],
  ): Promise<DrillGateway> {
    const gateway = this.prepared(yaml, env, flags);
    await gateway.start();
    return gateway;
  }

  /** A file or a folder for the scenario alone. */
  path(name: string): string {
    return join(this.#dir, name);
  }

  async close(): Promise<void> {
    for (const close of this.#closes.toReversed()) await close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
}
