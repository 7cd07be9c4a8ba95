/** Who is signed in, what they may do, and how this page calls the gateway for them. */
import { createContext, use } from 'react';

import type { MeView } from '../../src/admin/contract.ts';
import type { RightsView } from '../../src/admin/rights-contract.ts';

import { needs } from './admin-operations.ts';
import type { Operation, Reach } from './api.ts';

export interface Session extends Reach {
  /** Null for a token: it is nobody's. */
  readonly me: MeView | null;
  readonly rights: RightsView;
  /** What is not permitted is not shown: a refusal should surprise nobody. */
  readonly may: (operation: Operation) => boolean;
  readonly setMe: (me: MeView) => void;
  /** A key that was made or pasted here, for the playground: in memory alone, gone when one signs out. */
  readonly heldKey: { current: string };
}

export function permits({ permissions, tenant }: RightsView, operation: Operation): boolean {
  const need = needs[operation];
  if (need === undefined || (need.isPlatform && tenant !== null)) return false;
  return permissions.includes(need.permission);
}

export const SessionContext = createContext<Session | null>(null);

export function useSession(): Session {
  const session = use(SessionContext);
  if (session === null) throw new Error('this is shown to people who are signed in');
  return session;
}
