/**
 * The chart by Helm itself, and what it renders by kubeconform: where they are found, and a line says
 * which ran. `npm run check:deploy` gets both, and then neither is optional.
 */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';

import { parse } from 'yaml';

import {
  CHART,
  helmTemplate,
  render,
  valuesOf,
  type Way,
  WAYS,
} from '../../scripts/deploy/render.ts';
import { findSchemas, findTool, type ToolName } from '../../scripts/deploy/tools.ts';
import { textOf } from '../support/manifests.ts';

/** Optional, and said so; `npm run check:deploy` makes it a failure. */
function tool(name: ToolName, t: TestContext): string | null {
  const found = findTool(name);
  assert.ok(found !== null || process.env['LLMPROXY_TOOLS'] !== 'required', `${name} is not here`);
  t.diagnostic(
    found === null
      ? `OPTIONAL: ${name} is not here, so it did not run; \`npm run check:deploy\` gets it`
      : `ran with ${name}`,
  );
  return found;
}

const into = mkdtempSync(join(tmpdir(), 'llmproxy-chart-'));
after(() => rmSync(into, { recursive: true, force: true }));

describe('the chart, by Helm', () => {
  test('renders what is committed, and passes its own check', (t) => {
    const helm = tool('helm', t);
    if (helm === null) return;
    for (const way of WAYS) {
      assert.equal(render(helm, way), textOf(way), 'run `node scripts/deploy/render.ts`');
      const args = ['lint', '--strict', CHART, '-f', valuesOf(way)];
      const lint: SpawnSyncReturns<string> = spawnSync(helm, args, { encoding: 'utf8' });
      assert.equal(lint.status, 0, lint.stdout + lint.stderr);
    }
  });

  test('refuses what would go wrong later, and says what to write', (t) => {
    const helm = tool('helm', t);
    if (helm === null) return;
    const refused = (way: Way, wanted: RegExp, ...sets: string[]): void => {
      const { problem } = helmTemplate(
        helm,
        '-f',
        valuesOf(way),
        ...sets.flatMap((one) => ['--set', one]),
      );
      assert.match(problem, wanted, sets.join());
    };
    const config = (change: (text: string) => string): string => {
      const values = parse(readFileSync(valuesOf('postgres'), 'utf8')) as {
        readonly config: string;
      };
      const file = join(into, 'values.yaml');
      const changed = change(values.config);
      assert.notEqual(changed, values.config);
      writeFileSync(file, JSON.stringify({ ...values, config: changed }));
      return helmTemplate(helm, '-f', file).problem;
    };
    refused('sqlite', /need storage of type postgres/u, 'replicas=2');
    refused('sqlite', /need storage of type postgres/u, 'autoscaling.enabled=true');
    refused('sqlite', /SQLite store would go with its pod/u, 'workload=Deployment');
    refused('sqlite', /config is empty/u, 'config=');
    refused('postgres', /need keys\.existingSecret/u, 'keys.existingSecret=');
    assert.match(
      config((text) => text.replace(/^audit:[^]*$/mu, '')),
      /loses a pod's audit log/u,
    );
    assert.match(
      config((text) => text.replace(/^counters:\n(?: .*\n)*/mu, '')),
      /need counters/u,
    );
    assert.match(
      config((text) => text.replace('drainDelay: 10s', 'drainDelay: 1s')),
      /5s or more/u,
    );
    assert.match(
      config((text) => text.replace('0.0.0.0:8081', '127.0.0.1:8081')),
      /admin\.listen/u,
    );
    // By its schema: words that there are not, and kinds that are wrong.
    refused('sqlite', /replicaCount/u, 'replicaCount=2');
    refused('sqlite', /image\.digest|\/image\/digest/u, 'image.digest=sha256:abc');
    refused('sqlite', /image\.tag|\/image\/tag/u, 'image.tag=latest');
    // What stays possible: volumes over PostgreSQL.
    const kept = helmTemplate(helm, '-f', valuesOf('postgres'), '--set', 'workload=StatefulSet');
    assert.equal(kept.problem, '');
    assert.match(kept.text, /^kind: StatefulSet$/mu);
  });

  test('makes what the API of Kubernetes takes', (t) => {
    const kubeconform = tool('kubeconform', t);
    const schemas = findSchemas();
    if (kubeconform === null) return;
    if (schemas === null) {
      assert.notEqual(process.env['LLMPROXY_TOOLS'], 'required');
      t.diagnostic('OPTIONAL: the schemas of Kubernetes are not here, so it checked nothing');
      return;
    }
    const check = (text: string) =>
      spawnSync(
        kubeconform,
        ['-strict', '-summary', '-skip', 'ServiceMonitor', '-schema-location', schemas],
        {
          input: text,
          encoding: 'utf8',
        },
      );
    for (const way of WAYS) {
      const { status, stdout } = check(textOf(way));
      assert.equal(status, 0, stdout);
      assert.match(stdout, /Valid: 8, Invalid: 0, Errors: 0/u);
    }
    const wrong = check(textOf('sqlite').replaceAll('readOnlyRootFilesystem', 'readOnlyRoot'));
    assert.match(wrong.stdout, /'readOnlyRoot' not allowed/u, 'it does look');
  });
});
