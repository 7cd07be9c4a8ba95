/** Which index the configuration asks for. Apart from `open-index.ts`, which the thread loads. */
import type { Config } from '#config/config.ts';
import { urlWithPassword } from '#config/stores-section.ts';

import { instanceId } from '../instance-id.ts';
import type { IndexWhere } from './open-index.ts';

/** Gateways that share a ledger share an index. */
export function indexWhere({ dataDir, ledger }: Pick<Config, 'dataDir' | 'ledger'>): IndexWhere {
  if (ledger.type === 'sqlite') return { dataDir, postgresUrl: null, instance: null };
  return { dataDir, postgresUrl: urlWithPassword(ledger), instance: instanceId(dataDir) };
}
