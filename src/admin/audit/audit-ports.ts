/** What the admin API may do with the log and with what is kept beside it. */
import type { AuditRecord } from '#audit/record.ts';
import type {
  IndexFilter,
  IndexPage,
  IndexQuery,
  IndexRow,
  Tally,
  TallyBy,
} from '#storage/audit-index.ts';
import type { RollupGroup, RollupQuery } from '#storage/rollups/view.ts';
import type { Person } from '#storage/contents.ts';

import type { AuditLogView, ContentView, VerificationView } from '../audit-contract.ts';

export interface ErasureCount {
  readonly records: number;
  readonly texts: number;
  readonly subjects: number;
}

/** A record as the log has it, and the names of personal fields that were erased from it. */
export interface WholeRecord {
  readonly record: AuditRecord;
  readonly erased: readonly string[];
}

export interface AuditAdminPorts {
  /** A page of what the index has; it is a moment behind the log. Rejects with a `Fault`. */
  readonly search: (query: IndexQuery) => Promise<IndexPage>;
  /** How often what came. Rejects with a `Fault`. */
  readonly tally: (filter: IndexFilter, by?: TallyBy) => Promise<readonly Tally[]>;
  /** Numbers over time. Rejects with a `Fault`. */
  readonly rollups: (query: RollupQuery) => Promise<readonly RollupGroup[]>;
  /** Null: there is no such record in the log of this gateway. `writer`: as the index names it. */
  readonly record: (writer: string, seq: number) => Promise<WholeRecord | null>;
  /** Rows as they come, until the function that is returned is called. */
  readonly onRows: (listener: (rows: readonly IndexRow[]) => void) => () => void;
  readonly log: () => AuditLogView;
  readonly verification: () => VerificationView;
  /** False: one is under way. */
  readonly verify: () => boolean;
  /** The text of a proof (C2SP tlog-proof); null: there is no such record, or it is not signed yet. */
  readonly proof: (writer: string, seq: number) => Promise<string | null>;
  /** What is kept here goes by the holds of the store as they are now. Rejects with a `Fault`. */
  readonly refreshHolds: () => Promise<void>;
  /** By the holds of the store as they are now. Rejects with a `Fault`. */
  readonly isHeld: (person: Person) => Promise<boolean>;
  /** Destroys what is kept about a person, in the log and beside it. Rejects with a `Fault`. */
  readonly erase: (person: Person) => Promise<ErasureCount>;
  /** Null: there is none, or it was erased. */
  readonly content: (ref: string) => Promise<ContentView | null>;
  /** Whether somebody else has to agree before content of this tenant is shown. */
  readonly needsSecondPerson: (tenant: string) => boolean;
}
