/** The configuration of `serve --demo`: offline, on this machine only, with a limit and two guards. */
import { resolve } from 'node:path';

import { parseJson } from '#stdx/json.ts';

import { type Config, type ConfigInput, configSchema } from './config.ts';
import { hashOf, type LoadedConfig } from './load.ts';

const ALIASES = ['demo', 'gpt-4o-mini', 'claude-haiku-4-5', 'text-embedding-3-small'] as const;

export const demoInput: ConfigInput = {
  version: 1,
  providers: { demo: { type: 'demo' } },
  models: Object.fromEntries(
    ALIASES.map((name) => [name, { deployments: [{ provider: 'demo' }] }]),
  ),
  tenants: [
    { id: 'demo', name: 'Demo', bindings: [{ role: 'developer', users: ['*'], keys: ['*'] }] },
  ],
  limits: [{ name: 'per-key', per: ['key'], requests: '600/1m' }],
  guards: [
    {
      name: 'injection',
      type: 'prompt-injection',
      on: ['request'],
      mode: 'enforce',
      action: 'block',
      timeout: '500ms',
      onFault: 'deny',
    },
    {
      name: 'secrets',
      type: 'secrets',
      on: ['request', 'reply'],
      mode: 'enforce',
      action: 'redact',
    },
  ],
};

/** `dataDir` relative to the working directory. */
export function demoConfig(dataDir: string = './llmproxy-data'): LoadedConfig {
  const config: Config = { ...configSchema.parse(demoInput), dataDir: resolve(dataDir) };
  const secretsAt = new Set<string>();
  const tree = parseJson(JSON.stringify(demoInput)) ?? null;
  return { ok: true, config, source: 'demo', hash: hashOf(config, secretsAt), secretsAt, tree };
}
