/** The manifests that are rendered from the chart, as they are committed: checked on every machine. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';

import { parse } from 'yaml';

import { VERSION } from '#cli/serve.ts';
import { formatIssues } from '#config/issue.ts';
import { checkConfig } from '#config/load.ts';
import { randomBase62 } from '#stdx/base62.ts';

import { ROOT } from '../../scripts/package/bundle.ts';
import { CHART, sourceHash, WAYS } from '../../scripts/deploy/render.ts';
import { stagesOf } from '../support/dockerfile.ts';
import { find, isIn, manifestsOf, type Probe, textOf } from '../support/manifests.ts';

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
