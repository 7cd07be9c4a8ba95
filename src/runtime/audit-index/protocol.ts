/** What the thread of the index and its port say to each other. */
import type {
  AuditIndex,
  IndexFilter,
  IndexPerson,
  IndexQuery,
  IndexRow,
  TallyBy,
} from '#storage/audit-index.ts';
import type { RollupQuery } from '#storage/rollups/view.ts';

export type Asked =
  | { readonly kind: 'search'; readonly query: IndexQuery }
  | { readonly kind: 'tally'; readonly filter: IndexFilter; readonly by: TallyBy | undefined }
  | { readonly kind: 'rollups'; readonly query: RollupQuery }
  | { readonly kind: 'find'; readonly writer: string; readonly seq: number }
  | { readonly kind: 'position'; readonly writer: string }
  | { readonly kind: 'erase'; readonly person: IndexPerson }
  | { readonly kind: 'remove'; readonly writer: string; readonly seq: number }
  /** Whether rows are told as they come. */
  | { readonly kind: 'tell'; readonly isTold: boolean }
  | { readonly kind: 'close' };

export interface Question {
  readonly id: number;
  readonly asked: Asked;
}

export type Said =
  | { readonly kind: 'answer'; readonly id: number; readonly answer: unknown }
  | { readonly kind: 'failed'; readonly id: number }
  | { readonly kind: 'rows'; readonly rows: readonly IndexRow[] }
  /** It could not be filled, or is filled again. */
  | { readonly kind: 'state'; readonly isBehind: boolean };

export type Answers = {
  readonly search: Awaited<ReturnType<AuditIndex['search']>>;
  readonly tally: Awaited<ReturnType<AuditIndex['tally']>>;
  readonly rollups: Awaited<ReturnType<AuditIndex['rollups']>>;
  readonly find: IndexRow | null;
  readonly position: number;
  readonly erase: number;
  readonly remove: number;
  readonly tell: null;
  readonly close: null;
};
