/** What calls write into the store beside their records, apart from administrative changes. */
import { Fault } from '#domain/fault.ts';

/** Runs `work` in a transaction of the one connection that writes: no outbox row, nobody is told. */
export type Transact = <T>(work: () => T | Promise<T>) => Promise<T>;

/** SQLite's own error names files of this machine; which step failed is all that is needed. */
export async function orFault<T>(what: string, step: () => T | Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown;
    throw new Fault('storage-failed', what);
  }
}
