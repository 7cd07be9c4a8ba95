/** Which index the configuration asks for. Apart from `open-index.ts`, which the thread loads. */
import type { Config } from '#config/config.ts';
import { ledgerUrl } from '#config/stores-section.ts';

import { instanceId } from '../instance-id.ts';
import type { IndexWhere } from './open-index.ts';

/** Gateways that share a ledger share an index. */
export function indexWhere(config: Pick<Config, 'dataDir' | 'ledger' | 'storage'>): IndexWhere {
  const { dataDir } = config;
  const postgresUrl = ledgerUrl(config);
  return { dataDir, postgresUrl, instance: postgresUrl === null ? null : instanceId(dataDir) };
}
