import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';

import { openServers } from './drill/lab.ts';
import { scenarios } from './drill/registry.ts';
import { runScenario } from './drill/run-drill.ts';
import type { Scenario } from './drill/scenario.ts';
import { runProgram } from './program.ts';

async function drill(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const context = { stdin, stdout, stderr, env: {}, cwd: '/', isTerminal: false };
  const code = await runProgram(['drill', ...args], context);
  const text = (stream: PassThrough): string => String(stream.read() ?? '');
  return { code, out: text(stdout), err: text(stderr) };
}

test('every scenario has a name of its own', () => {
  const names = scenarios.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.ok(names.length >= 19);
  for (const name of names) assert.match(name, /^[a-z]+(?:-[a-z]+)+$/u);
});

test('--list names each scenario and what it needs, and starts nothing', async () => {
  const { code, out } = await drill('--list');
  assert.equal(code, 0);
  assert.equal(out.trim().split('\n').length, scenarios.length);
  assert.match(out, /^postgres-away {2,}PostgreSQL is away \(needs postgres\)$/mu);
  const listed = await drill('--list', '--json', '--only', 'kms-away');
  assert.deepEqual(JSON.parse(listed.out), {
    scenario: 'kms-away',
    dependency: 'KMS',
    failure: 'is away',
    needs: [],
  });
});

test('a scenario that nobody knows is wrong usage', async () => {
  const { code, err } = await drill('--only', 'postgres-on-fire');
  assert.equal(code, 2);
  assert.match(err, /no scenario postgres-on-fire/u);
  assert.equal((await drill('--outage', 'soon')).code, 2);
});

test('what cannot be started here is not run, and that is no success but by leave', async (t) => {
  const path = process.env['PATH'];
  t.after(() => {
    process.env['PATH'] = path;
  });
  // Valkey is looked for on the path alone.
  process.env['PATH'] = '/nowhere';
  const refused = await drill('--only', 'counters-away', '--json');
  assert.equal(refused.code, 1);
  const said = JSON.parse(refused.out) as { verdict: string; why: string };
  assert.deepEqual([said.verdict, said.why], ['not-run', 'valkey-server or redis-server']);
  assert.match(refused.err, /0 hold, 0 broken, 1 not run/u);
  const allowed = await drill('--only', 'counters-away', '--allow-missing');
  assert.equal(allowed.code, 0);
  assert.match(allowed.out, /^NOT RUN counters-away/mu);
});

test('a failure lasts as long as it is told to, or the drill says that it does not', async (t) => {
  const servers = await openServers();
  t.after(() => servers.close());
  const way = { program: [], outageMs: 300 };
  const base = { dependency: 'A test', failure: 'is away', needs: [] };
  const momentary: Scenario = {
    ...base,
    name: 'of-a-moment',
    run: (lab) => {
      for (const aspect of ['served', 'refused', 'recovers'] as const) lab.check(aspect, 'x', true);
      return Promise.resolve();
    },
  };
  const run = (scenario: Scenario) => runScenario(scenario, servers, way);
  const { verdict, why } = await run(momentary);
  assert.deepEqual([verdict, why], ['broken', 'it has looked at its failure for a moment alone']);
  assert.equal((await run({ ...momentary, name: 'said-so', isMoment: true })).verdict, 'holds');
  const lasting = await run({
    ...base,
    name: 'of-some-time',
    run: async (lab) => {
      lab.same('served', 'calls', [await lab.statuses(1, () => Promise.resolve(200)), [200]]);
      await momentary.run(lab);
    },
  });
  assert.equal(lasting.verdict, 'holds');
  assert.ok(lasting.ms >= 300, `${lasting.ms} ms`);
  const moments = scenarios.filter(({ isMoment }) => isMoment === true).map(({ name }) => name);
  assert.deepEqual(moments, ['postgres-commit-lost', 'counters-flushed', 'clock-jump']);
});
