/** Statements of one database, prepared once each. */
import type { SQLInputValue, SQLOutputValue } from 'node:sqlite';

export interface Sql {
  all(sql: string, ...values: readonly SQLInputValue[]): Record<string, SQLOutputValue>[];
  /** How many rows changed. */
  run(sql: string, ...values: readonly SQLInputValue[]): number;
}
