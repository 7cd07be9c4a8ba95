/** What of the last day a change is about: counted, so that whoever applies it knows what it touches. */
import type { RollupQuery } from '#storage/rollups/view.ts';

import type { AuditAdminPorts } from './audit/audit-ports.ts';
import type { AffectedView } from './config-change-contract.ts';
import type { Wanted } from './settings-port.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

type Index = Pick<AuditAdminPorts, 'rollups' | 'tally'>;

/** Nothing is said of entries that no call names: receivers of alerts and records, issuers. */
export async function affectedBy(
  index: Index,
  wanted: readonly Wanted[],
  nowMs: number,
): Promise<AffectedView[]> {
  const of = await counted(index, { kind: 'calls', where: {} }, 'requests', nowMs);
  const views: AffectedView[] = [];
  for (const one of wanted) {
    const found = await affectedByOne(index, one, nowMs);
    if (found !== null) views.push({ section: one.section, name: one.name, ...found, of });
  }
  return views;
}

async function affectedByOne(
  index: Index,
  { section, name }: Wanted,
  nowMs: number,
): Promise<Pick<AffectedView, 'what' | 'count'> | null> {
  switch (section) {
    case 'models': {
      const count = await counted(
        index,
        { kind: 'calls', where: { model: name } },
        'requests',
        nowMs,
      );
      return { what: 'calls', count };
    }
    case 'providers': {
      const asked = { kind: 'attempts', where: { provider: name } } as const;
      return { what: 'attempts', count: await counted(index, asked, 'requests', nowMs) };
    }
    case 'guards': {
      const asked = { kind: 'findings', where: { guard: name } } as const;
      return { what: 'calls with findings', count: await counted(index, asked, 'calls', nowMs) };
    }
    case 'limits':
    case 'budgets': {
      const tallies = await index.tally({ kind: 'deny', text: name, fromMs: nowMs - DAY_MS });
      // A limit and a budget may have one name.
      const isBudget = section === 'budgets';
      const own = tallies.filter(
        ({ shape: { reason } }) =>
          reason?.endsWith(`: ${name}`) === true &&
          reason.startsWith('budget-exhausted') === isBudget,
      );
      return { what: 'refused calls', count: own.reduce((sum, { count }) => sum + count, 0) };
    }
    case 'alerts':
    case 'issuers':
    case 'endUsers':
    case 'introspection':
    case 'sinks':
      return null;
  }
}

async function counted(
  index: Index,
  asked: Pick<RollupQuery, 'kind' | 'where'>,
  name: string,
  nowMs: number,
): Promise<number> {
  const toMs = Math.ceil(nowMs / HOUR_MS) * HOUR_MS;
  const [all] = await index.rollups({
    ...asked,
    fromMs: toMs - DAY_MS,
    toMs,
    stepMs: HOUR_MS,
    by: [],
  });
  return all?.total.counts[name] ?? 0;
}
