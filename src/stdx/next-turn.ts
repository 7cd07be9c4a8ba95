/** Resolves when whatever waits for this thread has had its turn: long work stops here now and then. */
export const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    setImmediate(resolve);
  });
