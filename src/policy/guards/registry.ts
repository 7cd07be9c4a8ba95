/** Every guard there is. The configuration's schema and the reference pages are derived from this. */
import { piiGuard } from './pii/pii.ts';
import { secretsGuard } from './secrets.ts';
import { topicsGuard } from './topics.ts';

export const guardTypes = [secretsGuard, piiGuard, topicsGuard] as const;
