/** What a reload cannot change, because it is bound, opened or locked at start. */
import type { Source } from './source.ts';

/** The first such key that differs; null: none does. */
export function changedFixture(before: Source, after: Source): string | null {
  const fixtures = (source: Source): readonly (readonly [string, unknown])[] => {
    const { server, admin } = source.config;
    return [
      ['dataDir', source.config.dataDir],
      ['server.listen', server.listen],
      ['server.tls', server.tls],
      ['server.workers', server.workers],
      ['server.inFlightMax', server.inFlightMax],
      ['server.connectionsMax', server.connectionsMax],
      ['custody', source.config.custody],
      ['storage', source.config.storage],
      ['counters', source.config.counters],
      ['ledger', source.config.ledger],
      ['audit.checkpoint', source.config.audit.checkpoint],
      ['admin', admin],
    ];
  };
  const known = new Map(fixtures(before).map(([name, value]) => [name, JSON.stringify(value)]));
  const changed = fixtures(after).find(
    ([name, value]) => known.get(name) !== JSON.stringify(value),
  );
  return changed?.[0] ?? null;
}
