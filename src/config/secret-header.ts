/** What a collector knows us by stands under a name that the operator has chosen. */
import type { Path } from './issue.ts';

export const isSecretHeader = (path: Path): boolean =>
  path.length === 4 && path.slice(0, 3).join('.') === 'telemetry.otlp.headers';
