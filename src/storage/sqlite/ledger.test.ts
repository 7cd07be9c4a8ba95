import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { systemClock } from '#stdx/clock.ts';

import { ledgerContract } from '../ledger.contract.ts';
import { openSqlite } from './sqlite.ts';

ledgerContract('sqlite', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'llmproxy-ledger-'));
  const storage = await openSqlite(folder, systemClock);
  return {
    ledger: storage.ledger,
    async close() {
      await storage.close();
      rmSync(folder, { recursive: true });
    },
  };
});
