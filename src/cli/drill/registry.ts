/** Every scenario there is, in the order of docs/operations/failure-modes.md. */
import type { Scenario } from './scenario.ts';
import { clockJump } from './scenarios/clock-jump.ts';
import { countersAway } from './scenarios/counters-away.ts';
import { countersFlushed } from './scenarios/counters-flushed.ts';
import { countersFull } from './scenarios/counters-full.ts';
import { countersHung } from './scenarios/counters-hung.ts';
import { countersPostgresAway } from './scenarios/counters-postgres-away.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { introspectionAway } from './scenarios/introspection-away.ts';
import { jwksAway } from './scenarios/jwks-away.ts';
import { kmsAway } from './scenarios/kms-away.ts';
import { postgresAway } from './scenarios/postgres-away.ts';
import { postgresCommitLost } from './scenarios/postgres-commit-lost.ts';
import { postgresHung } from './scenarios/postgres-hung.ts';
import { postgresReadOnly } from './scenarios/postgres-read-only.ts';
import { postgresSlow } from './scenarios/postgres-slow.ts';
import { providerAway } from './scenarios/provider-away.ts';
import { providerHung } from './scenarios/provider-hung.ts';
import { rootKeyMissing } from './scenarios/root-key-missing.ts';
import { siemAway } from './scenarios/siem-away.ts';

export const scenarios: readonly Scenario[] = [
  postgresAway,
  postgresHung,
  postgresReadOnly,
  postgresSlow,
  postgresCommitLost,
  countersAway,
  countersHung,
  countersFlushed,
  countersFull,
  countersPostgresAway,
  jwksAway,
  introspectionAway,
  providerAway,
  providerHung,
  siemAway,
  diskFull,
  clockJump,
  kmsAway,
  rootKeyMissing,
];
