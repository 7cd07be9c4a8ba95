/**
 * `node scripts/deploy/render.ts`: plain manifests out of the chart, into deploy/kubernetes, for who has
 * no Helm. It needs `helm` (`npm run check:deploy` gets it). The first lines of each say what of: so a
 * chart that was changed and not rendered is found without Helm, too.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { findTool } from './tools.ts';

const ROOT = join(import.meta.dirname, '..', '..');
export const CHART = join(ROOT, 'deploy', 'helm', 'llmproxy');
export const RENDERED = join(ROOT, 'deploy', 'kubernetes');
export const WAYS = ['sqlite', 'postgres'] as const;
export type Way = (typeof WAYS)[number];

export const valuesOf = (way: Way): string => join(CHART, 'ci', `${way}-values.yaml`);

/** Of everything that a rendering depends on. */
export function sourceHash(way: Way): string {
  const templates = globSync('templates/*', { cwd: CHART }).sort();
  const hash = createHash('sha256');
  for (const name of ['Chart.yaml', 'values.yaml', `ci/${way}-values.yaml`, ...templates])
    hash.update(`${name}\n`).update(readFileSync(join(CHART, name)));
  return hash.digest('hex');
}

export interface Rendered {
  readonly text: string;
  /** Why it was refused; empty where it was not. */
  readonly problem: string;
}

export function helmTemplate(helm: string, ...more: readonly string[]): Rendered {
  const args = [
    'template',
    'llmproxy',
    CHART,
    '--namespace',
    'llmproxy',
    '--kube-version',
    '1.31.0',
  ];
  const { status, stdout, stderr, error } = spawnSync(helm, [...args, ...more], {
    encoding: 'utf8',
  });
  return { text: stdout, problem: status === 0 ? '' : (error?.message ?? stderr) };
}

export function render(helm: string, way: Way): string {
  const { text, problem } = helmTemplate(helm, '-f', valuesOf(way));
  if (problem !== '') throw new Error(problem);
  const head = [
    `# Made by \`node scripts/deploy/render.ts\` out of deploy/helm/llmproxy and its ci/${way}-values.yaml.`,
    `# sha256 of these: ${sourceHash(way)}`,
    '# Change the image, the configuration and the names of secrets; docs/operations/kubernetes.md.',
  ];
  // Who applies it by hand is not Helm.
  const plain = text
    .replaceAll(/^ *(?:helm\.sh\/chart|app\.kubernetes\.io\/managed-by): .*\n/gmu, '')
    .replaceAll(/^# Source: .*\n/gmu, '');
  return `${head.join('\n')}\n${plain}`;
}

if (import.meta.main) {
  const helm = findTool('helm');
  if (helm === null) throw new Error('helm is not here: `npm run check:deploy` gets it');
  mkdirSync(RENDERED, { recursive: true });
  for (const way of WAYS) writeFileSync(join(RENDERED, `${way}.yaml`), render(helm, way));
}
