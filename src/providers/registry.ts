/** Every type of provider. Adding one is a folder with its test and three words here. */
import { z } from 'zod';

import { unreachable } from '#stdx/assert.ts';

import { anthropicProvider } from './anthropic/anthropic.ts';
import { demoProvider } from './demo/demo.ts';
import { openaiProvider } from './openai/openai.ts';
import type { LocalProvider, Provider } from './provider.ts';

export const providerTypes = [openaiProvider, anthropicProvider, demoProvider] as const;

/** One entry of `providers:` in the configuration. */
export const providerConfig = z.discriminatedUnion('type', [
  openaiProvider.config,
  anthropicProvider.config,
  demoProvider.config,
]);

export type ProviderConfig = z.output<typeof providerConfig>;

/** May throw `ConfigProblem`. */
export function createProvider(config: ProviderConfig): Provider | LocalProvider {
  switch (config.type) {
    case 'openai':
      return openaiProvider.create(config);
    case 'anthropic':
      return anthropicProvider.create(config);
    case 'demo':
      return demoProvider.create(config);
    default:
      return unreachable(config);
  }
}
