/**
 * The chart and the manifests rendered from it. What is committed is checked here always; Helm itself
 * and kubeconform run where they are found, and a line says which did. `npm run check:deploy` gets both.
 */
import assert from 'node:assert/strict';
import { type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test, type TestContext } from 'node:test';

import { parse, parseAllDocuments } from 'yaml';

import { VERSION } from '#cli/serve.ts';
import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';
import { randomBase62 } from '#stdx/base62.ts';

import { ROOT } from '../../scripts/package/bundle.ts';
import {
  CHART,
  helmTemplate,
  render,
  RENDERED,
  sourceHash,
  valuesOf,
  type Way,
  WAYS,
} from '../../scripts/deploy/render.ts';
import { findSchemas, findTool, type ToolName } from '../../scripts/deploy/tools.ts';
import { stagesOf } from '../support/dockerfile.ts';

/** As they are in the manifests; what is not asked here is not named. */
interface Container {
  readonly image: string;
  readonly args?: readonly string[];
  readonly command?: readonly string[];
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly securityContext: object;
  readonly resources: { readonly limits: { readonly memory: string } };
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string }[];
  readonly envFrom?: readonly { readonly secretRef: { readonly name: string } }[];
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly startupProbe: Probe;
}
interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}
interface Pod {
  readonly metadata: { readonly labels: Record<string, string> };
  readonly spec: {
    readonly securityContext: Readonly<Record<string, unknown>>;
    readonly automountServiceAccountToken: boolean;
    readonly terminationGracePeriodSeconds: number;
    readonly initContainers?: readonly Container[];
    readonly containers: readonly [Container];
    readonly volumes: readonly { readonly name: string }[];
  };
}
interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly labels: Record<string, string> };
  readonly data?: Readonly<Record<string, string>>;
  readonly spec: {
    readonly template: Pod;
    readonly selector: { readonly matchLabels: Record<string, string> } & Record<string, string>;
    readonly volumeClaimTemplates?: readonly { readonly metadata: { readonly name: string } }[];
    readonly ports: readonly { readonly targetPort: string }[];
    readonly type?: string;
    readonly replicas?: number;
    readonly podSelector: { readonly matchLabels: Record<string, string> };
    readonly ingress: readonly {
      readonly ports: readonly { readonly port: string }[];
      readonly from?: unknown[];
    }[];
    readonly egress: readonly object[];
    readonly scaleTargetRef: { readonly kind: string; readonly name: string };
    readonly metrics: readonly { readonly pods: { readonly metric: { readonly name: string } } }[];
    readonly endpoints: readonly { readonly port: string; readonly path: string }[];
  };
}

const textOf = (way: Way): string => readFileSync(join(RENDERED, `${way}.yaml`), 'utf8');
const manifestsOf = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest);
const find = (all: readonly Manifest[], kind: string, suffix = ''): Manifest => {
  const found = all.find((one) => one.kind === kind && one.metadata.name === `llmproxy${suffix}`);
  assert.ok(found !== undefined, kind + suffix);
  return found;
};
const isIn = (part: Record<string, string>, whole: Record<string, string>): boolean =>
  Object.entries(part).every(([name, value]) => whole[name] === value);

describe('the manifests', () => {
  for (const way of WAYS) {
    const all = manifestsOf(textOf(way));
    const workload = find(all, way === 'sqlite' ? 'StatefulSet' : 'Deployment');
    const { spec } = workload.spec.template;
    const [gateway] = spec.containers;

    test(`${way}: are of the chart as it is now`, () => {
      assert.ok(textOf(way).includes(sourceHash(way)), 'run `node scripts/deploy/render.ts`');
    });

    test(`${way}: are within what pod security calls restricted`, () => {
      assert.equal(spec.automountServiceAccountToken, false);
      const pod = spec.securityContext;
      assert.deepEqual(
        [pod['runAsNonRoot'], pod['seccompProfile']],
        [true, { type: 'RuntimeDefault' }],
      );
      assert.equal(pod['fsGroupChangePolicy'], 'OnRootMismatch');
      const user = stagesOf(readFileSync(join(ROOT, 'Dockerfile'), 'utf8'))
        .at(-1)
        ?.steps.find(({ word }) => word === 'USER')?.text;
      assert.equal(`${String(pod['runAsUser'])}:${String(pod['runAsGroup'])}`, user);
      for (const container of [...spec.containers, ...(spec.initContainers ?? [])]) {
        assert.deepEqual(container.securityContext, {
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        assert.match(container.resources.limits.memory, /^\d+[MG]i$/u);
        assert.match(container.image, new RegExp(`:${VERSION.replaceAll('.', '\\.')}$`, 'u'));
      }
      assert.doesNotMatch(textOf(way), /hostPath|hostNetwork|hostPID|hostIPC|privileged|hostPort/u);
    });

    test(`${way}: have a configuration that the program takes, where the program looks for it`, async () => {
      const yaml = find(all, 'ConfigMap').data?.['llmproxy.yaml'] ?? '';
      const given = yaml.replaceAll(/\$\{(?:file|env):[^}]*\}/gu, () => randomBase62(40));
      const loaded = await checkConfig(given, '/etc/llmproxy/llmproxy.yaml', {});
      assert.ok(loaded.ok, loaded.ok ? '' : formatIssues(loaded.problems));
      const { server, admin, dataDir } = loaded.config;
      const ports = Object.fromEntries(
        (gateway.ports ?? []).map((one) => [one.name, one.containerPort]),
      );
      assert.deepEqual([server.listen.port, admin.listen.port], [ports['http'], ports['admin']]);
      assert.deepEqual([server.listen.host, admin.listen.host], ['0.0.0.0', '0.0.0.0']);
      const mounts = gateway.volumeMounts;
      assert.ok(mounts.some(({ name, mountPath }) => name === 'data' && mountPath === dataDir));
      assert.deepEqual(gateway.args, ['serve', '--config', '/etc/llmproxy/llmproxy.yaml']);
      // Every file of a secret that it reads is below one that is mounted, each mount has its volume.
      for (const [, path = ''] of yaml.matchAll(/\$\{file:([^}]*)\}/gu))
        assert.ok(
          mounts.some(({ mountPath }) => path.startsWith(`${mountPath}/`)),
          path,
        );
      if (/\$\{env:/u.test(yaml)) assert.ok((gateway.envFrom ?? []).length > 0);
      const volumes = [
        ...spec.volumes.map(({ name }) => name),
        ...(workload.spec.volumeClaimTemplates ?? []).map(({ metadata }) => metadata.name),
      ];
      for (const { name } of [...mounts, ...(spec.initContainers?.[0]?.volumeMounts ?? [])])
        assert.ok(volumes.includes(name), name);
      // A drain has its time, and it begins when nobody sends more.
      const drainMs = server.drainDelay.ms + server.drainLimit.ms;
      assert.ok(spec.terminationGracePeriodSeconds * 1_000 > drainMs);
      const { periodSeconds, failureThreshold } = gateway.readinessProbe;
      assert.ok(server.drainDelay.ms > periodSeconds * failureThreshold * 1_000);
    });

    test(`${way}: ask for readiness and life where the gateway tells of them`, () => {
      const at = ({ httpGet }: Probe): string => `${httpGet.port} ${httpGet.path}`;
      const { readinessProbe, livenessProbe, startupProbe } = gateway;
      assert.deepEqual([readinessProbe, livenessProbe, startupProbe].map(at), [
        'http /readyz',
        'http /livez',
        'http /livez',
      ]);
    });

    test(`${way}: select their own pods, and let nobody to the admin plane who is not named`, () => {
      const { labels } = workload.spec.template.metadata;
      assert.ok(isIn(workload.spec.selector.matchLabels, labels));
      for (const suffix of ['', '-admin']) {
        const service = find(all, 'Service', suffix);
        assert.ok(isIn(service.spec.selector, labels));
        assert.deepEqual(
          service.spec.ports.map(({ targetPort }) => targetPort),
          [suffix === '' ? 'http' : 'admin'],
        );
        if (suffix !== '') assert.equal(service.spec.type, 'ClusterIP');
      }
      const budget = find(all, 'PodDisruptionBudget');
      assert.ok(isIn(budget.spec.selector.matchLabels, labels));
      const { spec: network } = find(all, 'NetworkPolicy');
      assert.ok(isIn(network.podSelector.matchLabels, labels));
      const admin = network.ingress.filter(({ ports }) =>
        ports.some(({ port }) => port === 'admin'),
      );
      assert.equal(admin.length, way === 'sqlite' ? 0 : 1);
      for (const rule of admin) assert.ok((rule.from ?? []).length > 0);
      assert.match(JSON.stringify(network.egress), /169\.254\.0\.0\/16/u);
    });
  }

  test('over PostgreSQL: scaled by a metric that the gateway has, watched where it is told', () => {
    const all = manifestsOf(textOf('postgres'));
    const scaler = find(all, 'HorizontalPodAutoscaler');
    assert.deepEqual(
      [scaler.spec.scaleTargetRef.kind, scaler.spec.scaleTargetRef.name],
      ['Deployment', 'llmproxy'],
    );
    const metric = scaler.spec.metrics[0]?.pods.metric.name ?? '';
    assert.ok(
      readFileSync(join(ROOT, 'docs/reference/metrics.md'), 'utf8').includes(
        `\`${metric}\` | gauge`,
      ),
    );
    // A number of its own would fight with the scaler.
    assert.equal(find(all, 'Deployment').spec.replicas, undefined);
    const monitor = find(all, 'ServiceMonitor');
    assert.ok(
      isIn(monitor.spec.selector.matchLabels, find(all, 'Service', '-admin').metadata.labels),
    );
    assert.ok(!isIn(monitor.spec.selector.matchLabels, find(all, 'Service').metadata.labels));
    assert.equal(monitor.spec.endpoints[0]?.path, '/metrics');
    // The keys are laid by the script that is in the image.
    const [init] = find(all, 'Deployment').spec.template.spec.initContainers ?? [];
    assert.match(
      readFileSync(join(ROOT, 'Dockerfile'), 'utf8'),
      new RegExp(`COPY .* ${init?.command?.[1]}\n`, 'u'),
    );
  });

  test('the chart is of the version of the program, and every value is in its schema', () => {
    const chart = parse(readFileSync(join(CHART, 'Chart.yaml'), 'utf8')) as Record<string, string>;
    assert.deepEqual([chart['version'], chart['appVersion']], [VERSION, VERSION]);
    const schema = JSON.parse(readFileSync(join(CHART, 'values.schema.json'), 'utf8')) as Schema;
    const values = parse(readFileSync(join(CHART, 'values.yaml'), 'utf8')) as object;
    assert.deepEqual(
      namesOf(schema).filter((name) => name !== 'global'),
      pathsOf(values),
    );
  });
});

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: unknown;
}
/** Where a schema says what may be there, and nothing else may. */
const namesOf = ({ properties = {} }: Schema, at = ''): readonly string[] =>
  Object.entries(properties)
    .flatMap(([name, one]) =>
      one.properties !== undefined && one.additionalProperties === false
        ? namesOf(one, `${at}${name}.`)
        : [`${at}${name}`],
    )
    .sort();
const FREE = ['resources', 'affinity'];
const isMap = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).length > 0;
const pathsOf = (values: object, at = ''): readonly string[] =>
  Object.entries(values)
    .flatMap(([name, value]) =>
      isMap(value) && !FREE.includes(name) ? pathsOf(value, `${at}${name}.`) : [`${at}${name}`],
    )
    .sort();

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
