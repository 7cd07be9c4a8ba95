/** A server whose tables are made by the first step that reaches it: until then each step tries. */
import { isAbsence, type PostgresLink } from './postgres.ts';

/** Rejects with what `prepare` rejects with, but where the server is merely away. */
export async function preparedLink(
  link: PostgresLink,
  prepare: () => Promise<unknown>,
): Promise<PostgresLink> {
  let isReady = false;
  let preparing: Promise<void> | null = null;
  /** One at a time, however many wait for it. */
  const ready = async (): Promise<void> => {
    preparing ??= prepare()
      .then(() => {
        isReady = true;
      })
      .finally(() => {
        preparing = null;
      });
    await preparing;
  };
  try {
    await ready();
  } catch (thrown) {
    // Whoever asks it for something has the fault.
    if (!isAbsence(thrown)) throw thrown;
  }
  return {
    query: async (text, values) => {
      if (!isReady) await ready();
      return await link.query(text, values);
    },
    transaction: async (run, statementMs) => {
      if (!isReady) await ready();
      return await link.transaction(run, statementMs);
    },
    close: () => link.close(),
  };
}
