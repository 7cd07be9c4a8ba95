/**
 * The programs that check what is deployed: `helm` and `kubeconform`, and the schemas of Kubernetes.
 *
 * Found on the path or in the user's cache; never in the checkout, which stays what git says. They are
 * got once, by `npm run check:deploy` only: building helm takes minutes.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const CACHE = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'llmproxy-tools');
const BIN = join(CACHE, 'bin');
const MODULES = {
  helm: 'helm.sh/helm/v3/cmd/helm@v3.21.4',
  kubeconform: 'github.com/yannh/kubeconform/cmd/kubeconform@v0.7.0',
} as const;
/** A package of PyPI that has them in it; kubeconform would fetch them from a web site. */
const SCHEMAS = 'kubernetes-validate==1.37.0';
export const KUBERNETES = '1.37.0';

export type ToolName = keyof typeof MODULES;

export function findTool(name: ToolName): string | null {
  const dirs = [BIN, ...(process.env['PATH'] ?? '').split(delimiter)];
  return dirs.map((dir) => join(dir, name)).find((file) => existsSync(file)) ?? null;
}

/** What kubeconform is told to look in; null where it was not got. */
export function findSchemas(): string | null {
  const dir = join(CACHE, `schemas-${KUBERNETES}`);
  return existsSync(join(dir, 'complete'))
    ? join(dir, '{{ .ResourceKind }}{{ .KindSuffix }}.json')
    : null;
}

function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): void {
  const ran = spawnSync(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  if (ran.status !== 0)
    throw new Error(`${program} ${args.join(' ')}: ${ran.error?.message ?? ran.stderr}`);
}

/** Gets what is missing. */
export function getTools(say: (line: string) => void): void {
  mkdirSync(BIN, { recursive: true });
  for (const name of Object.keys(MODULES) as ToolName[]) {
    if (findTool(name) !== null) continue;
    say(`building ${MODULES[name]}, once; helm takes minutes`);
    run('go', ['install', MODULES[name]], { GOBIN: BIN });
  }
  if (findSchemas() === null) {
    say(`getting the schemas of Kubernetes ${KUBERNETES} (${SCHEMAS})`);
    getSchemas();
  }
}

function getSchemas(): void {
  const dir = join(CACHE, `schemas-${KUBERNETES}`);
  const work = join(CACHE, 'work');
  rmSync(work, { recursive: true, force: true });
  const pip = ['-m', 'pip', 'download', '--quiet', '--no-deps', '--dest', work, SCHEMAS];
  run('python3', pip);
  const [wheel = ''] = globSync(join(work, '*.whl'));
  run('python3', ['-m', 'zipfile', '-e', wheel, work]);
  mkdirSync(dir, { recursive: true });
  const from = join(
    work,
    'kubernetes_validate/kubernetes-json-schema',
    `v${KUBERNETES}-local-strict`,
  );
  const read = (name: string): Record<string, unknown> =>
    JSON.parse(
      readFileSync(join(from, name), 'utf8').replaceAll('"/api/_definitions.json#', '"#'),
    ) as Record<string, unknown>;
  const { $defs } = read('_definitions.json');
  // Each whole by itself: kubeconform does not follow what they say of one another.
  for (const name of KINDS) {
    const { $id, $schema, ...schema } = read(`${name}.json`);
    void [$id, $schema];
    writeFileSync(join(dir, `${name}.json`), JSON.stringify({ ...schema, $defs }));
  }
  writeFileSync(join(dir, 'complete'), '');
  rmSync(work, { recursive: true, force: true });
}

const KINDS = [
  'configmap-v1',
  'deployment-apps-v1',
  'horizontalpodautoscaler-autoscaling-v2',
  'networkpolicy-networking-v1',
  'poddisruptionbudget-policy-v1',
  'service-v1',
  'serviceaccount-v1',
  'statefulset-apps-v1',
];
