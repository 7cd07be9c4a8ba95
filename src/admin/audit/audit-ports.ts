/** What the admin API may do with the log and with what is kept beside it. */
import type { Hold, Person } from '#storage/contents.ts';

import type { AuditLogView, ContentView, VerificationView } from '../audit-contract.ts';

export interface ErasureCount {
  readonly records: number;
  readonly texts: number;
  readonly subjects: number;
}

export interface AuditAdminPorts {
  readonly log: () => AuditLogView;
  readonly verification: () => VerificationView;
  /** False: one is under way. */
  readonly verify: () => boolean;
  /** The text of a proof (C2SP tlog-proof); null: there is no such record, or it is not signed yet. */
  readonly proof: (writer: string, seq: number) => Promise<string | null>;
  readonly holds: () => readonly Hold[];
  readonly addHold: (hold: Hold) => void;
  readonly removeHold: (id: string) => boolean;
  readonly isHeld: (person: Person) => boolean;
  /** Destroys what is kept about a person, in the log and beside it. Rejects with a `Fault`. */
  readonly erase: (person: Person) => Promise<ErasureCount>;
  /** Null: there is none, or it was erased. */
  readonly content: (ref: string) => Promise<ContentView | null>;
  /** Whether somebody else has to agree before content of this tenant is shown. */
  readonly needsSecondPerson: (tenant: string) => boolean;
}
