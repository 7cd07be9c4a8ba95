/**
 * Scenarios of `llmproxy drill` as tests: one code says what must be so, for operators and for us. With
 * LLMPROXY_FULL=1 each failure lasts a minute.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';

import { openServers, type Servers } from '../../src/cli/drill/lab.ts';
import { scenarios } from '../../src/cli/drill/registry.ts';
import { runScenario } from '../../src/cli/drill/run-drill.ts';

import { MAIN } from './gateway-process.ts';
import { programOf } from './programs.ts';

const FLAGS = readFileSync(join(import.meta.dirname, '..', '..', 'bin', 'node-flags'), 'utf8')
  .trim()
  .split(/\s+/u);
const OUTAGE_MS = process.env['LLMPROXY_FULL'] === '1' ? 60_000 : 0;

/** What a scenario needs is installed: a test without its server fails. */
const INSTALLED = {
  postgres: () => programOf('/usr/lib/postgresql/*/bin/postgres', 'postgresql'),
  valkey: () => programOf('/usr/bin/{valkey-server,redis-server}', 'redis-server'),
  prlimit: () => programOf('/usr/bin/prlimit', 'util-linux'),
  preload: () => Promise.resolve(''),
} as const;

/** `named`: by id of reliability, the scenarios that are its short form. */
export function drillTests(named: readonly (readonly [id: string, scenario: string])[]): void {
  let servers: Servers;
  before(async () => {
    servers = await openServers();
  });
  after(() => servers.close());
  for (const [id, name] of named) {
    const scenario = scenarios.find((one) => one.name === name);
    assert.ok(scenario !== undefined, name);
    test(`${id}: ${scenario.dependency} ${scenario.failure} (${name})`, async (t) => {
      for (const need of scenario.needs) await INSTALLED[need]();
      const outcome = await runScenario(scenario, servers, {
        program: [process.execPath, ...FLAGS, MAIN],
        outageMs: OUTAGE_MS,
      });
      const { verdict, why, checks, ms } = outcome;
      const broken = checks.filter(({ holds }) => !holds);
      assert.deepEqual([verdict, why, broken], ['holds', null, []]);
      t.diagnostic(`${checks.length} checks in ${ms} ms`);
    });
  }
}
