/**
 * Runs scenarios, one after another, and says of each whether the table of failure modes holds. A
 * scenario that saw nothing of what is served, refused or recovers has not shown its line.
 */
import { isSea } from 'node:sea';

import { Fault } from '#domain/fault.ts';

import { findProgram } from './servers/find.ts';
import { hasPostgres } from './servers/postgres.ts';
import { hasValkey } from './servers/valkey.ts';
import { type DrillWay, Lab, openServers, type Servers } from './lab.ts';
import { ASPECTS, type Check } from './check.ts';
import type { Need, Scenario } from './scenario.ts';

/** A scenario that hangs ends here, as broken; it may look at several outages. */
const SCENARIO_MS_MAX = 120_000;
const OUTAGES_MAX = 3;

export interface Outcome {
  readonly scenario: string;
  readonly dependency: string;
  readonly failure: string;
  readonly verdict: 'holds' | 'broken' | 'not-run';
  /** Why it was not run, or could not be run to its end. */
  readonly why: string | null;
  readonly ms: number;
  readonly checks: readonly Check[];
}

const NEEDS: Readonly<
  Record<Need, { readonly what: string; readonly has: () => boolean | Promise<boolean> }>
> = {
  postgres: { what: 'a PostgreSQL server that may be started', has: hasPostgres },
  valkey: { what: 'valkey-server or redis-server', has: hasValkey },
  prlimit: { what: 'prlimit (util-linux)', has: () => findProgram('prlimit') !== null },
  preload: { what: 'a Node that reads a file before the program', has: () => !isSea() },
};

/** The first need that this machine does not meet; null: it meets all. */
export async function missing({ needs }: Scenario): Promise<string | null> {
  for (const need of needs) {
    const { what, has } = NEEDS[need];
    if (!(await has())) return what;
  }
  return null;
}

export async function runDrill(
  scenarios: readonly Scenario[],
  way: DrillWay,
  onOutcome: (outcome: Outcome) => void | Promise<void>,
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  const servers = await openServers();
  try {
    for (const scenario of scenarios) {
      const outcome = await runScenario(scenario, servers, way);
      outcomes.push(outcome);
      await onOutcome(outcome);
    }
  } finally {
    await servers.close();
  }
  return outcomes;
}

export async function runScenario(
  scenario: Scenario,
  servers: Servers,
  way: DrillWay,
): Promise<Outcome> {
  const { name, dependency, failure } = scenario;
  const of = { scenario: name, dependency, failure };
  const without = await missing(scenario);
  if (without !== null) return { ...of, verdict: 'not-run', why: without, ms: 0, checks: [] };
  const startMs = performance.now();
  const lab = new Lab(servers, way, name);
  let why: string | null = null;
  try {
    why = await inTime(scenario.run(lab), SCENARIO_MS_MAX + way.outageMs * OUTAGES_MAX);
  } catch (thrown) {
    why = sentenceOf(thrown);
  } finally {
    await lab.close();
    await servers.mend();
  }
  const { checks } = lab;
  const ms = Math.round(performance.now() - startMs);
  why ??= unseen(checks) ?? unlasting(scenario, lab);
  const isRight = why === null && checks.every(({ holds }) => holds);
  return { ...of, verdict: isRight ? 'holds' : 'broken', why, ms, checks };
}

/** A foreign error may quote an address; all addresses and passwords of a drill are its own, and over. */
const sentenceOf = (thrown: unknown): string =>
  thrown instanceof Fault ? thrown.message : `it ended with ${nameOf(thrown)}`;

const nameOf = (thrown: unknown): string =>
  thrown instanceof Error ? `${thrown.name}: ${thrown.message.slice(0, 200)}` : 'something else';

async function inTime(running: Promise<void>, limitMs: number): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve('it did not end'), limitMs);
  });
  const ended = running.then(() => null);
  try {
    return await Promise.race([ended, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** `--outage` is of every failure that can last, or it says more than is so. */
const unlasting = ({ isMoment }: Scenario, { hasLasted }: Lab): string | null =>
  isMoment === true || hasLasted ? null : 'it has looked at its failure for a moment alone';

function unseen(checks: readonly Check[]): string | null {
  const aspect = ASPECTS.find((one) => !checks.some((check) => check.aspect === one));
  return aspect === undefined ? null : `it has not looked at: ${aspect}`;
}
