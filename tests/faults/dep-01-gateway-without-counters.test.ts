/**
 * DEP-01, DEP-02, DEP-04, DEP-05: shared counters that are away, hang, forget or are full, under whole
 * gateways, with a ledger: hard budgets refuse, the rest goes on, and then the sums are exact.
 */
import { drillTests } from '../support/drill.ts';

drillTests([
  ['DEP-01', 'counters-away'],
  ['DEP-02', 'counters-hung'],
  ['DEP-04', 'counters-flushed'],
  ['DEP-05', 'counters-full'],
  ['DEP-01', 'counters-postgres-away'],
]);
