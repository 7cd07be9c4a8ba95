/**
 * DEP-06, DEP-07, DEP-08: PostgreSQL stops at once, hangs, takes no writes, is slow, and loses a commit
 * or its answer, under a whole gateway: calls go on, changes are refused or made once, sums are exact.
 */
import { drillTests } from '../support/drill.ts';

drillTests([
  ['DEP-06', 'postgres-away'],
  ['DEP-06', 'postgres-hung'],
  ['DEP-07', 'postgres-read-only'],
  ['DEP-07', 'postgres-slow'],
  ['DEP-08', 'postgres-commit-lost'],
]);
