/**
 * DEP-09, DEP-10, DEP-12 and what else a gateway depends on: a KMS, a root key, identity providers,
 * providers, a SIEM, the disk and the clock.
 */
import { drillTests } from '../support/drill.ts';

drillTests([
  ['DEP-09', 'kms-away'],
  ['DEP-09', 'root-key-missing'],
  ['DEP-10', 'jwks-away'],
  ['DEP-10', 'introspection-away'],
  ['DEP-12', 'clock-jump'],
  ['UP-05', 'provider-away'],
  ['UP-01', 'provider-hung'],
  ['AUD-09', 'siem-away'],
  ['AUD-07', 'disk-full'],
]);
