/** Every kind of root key, and the way from a configuration to one. */
import { z } from 'zod';

import { unreachable } from '#stdx/assert.ts';

import { envRoot } from './env.ts';
import { fileRoot } from './file.ts';
import type { RootKey, RootPorts } from './root.ts';
import { vaultTransitRoot } from './vault-transit.ts';

export const rootTypes = [fileRoot, envRoot, vaultTransitRoot] as const;

export const rootConfig = z.discriminatedUnion(
  'type',
  [fileRoot.config, envRoot.config, vaultTransitRoot.config],
  { error: `\`type\` is one of ${rootTypes.map(({ type }) => type).join(', ')}` },
);

export type RootConfig = z.output<typeof rootConfig>;

/** May throw `ConfigProblem`, with a path below the entry. */
export function createRoot(config: RootConfig, ports: RootPorts): RootKey {
  switch (config.type) {
    case 'file':
      return fileRoot.create(config, ports);
    case 'env':
      return envRoot.create(config, ports);
    case 'vault-transit':
      return vaultTransitRoot.create(config, ports);
    default:
      return unreachable(config);
  }
}
