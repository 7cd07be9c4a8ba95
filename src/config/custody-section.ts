/** `custody:` in the configuration: the root key of the secrets that the store keeps. */
import { resolve } from 'node:path';

import { z } from 'zod';

import { type RootConfig, rootConfig } from '#custody/roots/registry.ts';

export const custodySection = z
  .strictObject({
    root: rootConfig.prefault({ type: 'file' }).meta({
      description: 'What wraps the keys of tenants, which wrap the secrets. Not in the store.',
    }),
    older: z.array(rootConfig).max(4).default([]).meta({
      description: 'Root keys before it, which still unwrap until everything is wrapped anew.',
    }),
  })
  .meta({ description: 'How secrets of providers are kept that administrators enter.' });

export type CustodySection = z.output<typeof custodySection>;

/** Relative paths start from the folder of the configuration. */
export const withCustodyPaths = ({ root, older }: CustodySection, dir: string): CustodySection => ({
  root: absolute(root, dir),
  older: older.map((one) => absolute(one, dir)),
});

function absolute(root: RootConfig, dir: string): RootConfig {
  if (root.type === 'file' && root.path !== undefined) {
    return { ...root, path: resolve(dir, root.path) };
  }
  if (root.type === 'vault-transit') return { ...root, tokenFile: resolve(dir, root.tokenFile) };
  return root;
}
