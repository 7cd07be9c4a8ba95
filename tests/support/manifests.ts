/** The manifests that are committed, as far as tests ask about them. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { parseAllDocuments } from 'yaml';

import { RENDERED, type Way } from '../../scripts/deploy/render.ts';

/** As they are in the manifests; what is not asked here is not named. */
export interface Container {
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
export interface Probe {
  readonly httpGet: { readonly path: string; readonly port: string };
  readonly periodSeconds: number;
  readonly failureThreshold: number;
}
export interface Pod {
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
export interface Manifest {
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

export const textOf = (way: Way): string => readFileSync(join(RENDERED, `${way}.yaml`), 'utf8');
export const manifestsOf = (text: string): readonly Manifest[] =>
  parseAllDocuments(text).map((document) => document.toJS() as Manifest);
export const find = (all: readonly Manifest[], kind: string, suffix = ''): Manifest => {
  const found = all.find((one) => one.kind === kind && one.metadata.name === `llmproxy${suffix}`);
  assert.ok(found !== undefined, kind + suffix);
  return found;
};
export const isIn = (part: Record<string, string>, whole: Record<string, string>): boolean =>
  Object.entries(part).every(([name, value]) => whole[name] === value);
