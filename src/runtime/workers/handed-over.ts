/**
 * Connections on their way to a worker. `node:cluster` closes its own end of one when the worker says that it
 * has taken it; of a worker that ends before, it waits for that word for ever (Node 24), and whoever has
 * connected waits with it. They are cut off, as the callers are whom the worker had taken.
 *
 * Not given to another worker: this one may have read of them before it ended.
 */
interface Closable {
  close(): void;
}

/** What is used of the process of a worker. */
export interface Handed {
  send(...said: never[]): boolean;
  on(event: 'internalMessage' | 'exit', listener: (said: unknown) => void): unknown;
}

const isClosable = (handle: unknown): handle is Closable =>
  typeof handle === 'object' &&
  handle !== null &&
  'close' in handle &&
  typeof handle.close === 'function';

/** What `node:cluster` says, and hears, of connections: each has a number. */
function numberIn(message: unknown, name: 'seq' | 'ack'): number | null {
  if (typeof message !== 'object' || message === null || !('cmd' in message)) return null;
  if (message.cmd !== 'NODE_CLUSTER') return null;
  const found: unknown = Object.entries(message).find(([key]) => key === name)?.[1];
  return typeof found === 'number' ? found : null;
}

/** From here on none of them outlives its worker. */
export function cutWhatIsNotTaken(child: Handed): void {
  const untaken = new Map<number, Closable>();
  const send: Handed['send'] = child.send.bind(child);
  child.send = (...said: never[]): boolean => {
    const [message, handle]: readonly unknown[] = said;
    // Nearly everything that is said goes without one.
    if (isClosable(handle)) {
      const number = numberIn(message, 'seq');
      if (number !== null) untaken.set(number, handle);
    }
    return send(...said);
  };
  // What is taken is closed by `node:cluster` itself; what is refused it gives to another worker.
  child.on('internalMessage', (message: unknown) => {
    const number = numberIn(message, 'ack');
    if (number !== null) untaken.delete(number);
  });
  // Not `disconnect`: with one of them on the way Node does not tell of that. What the worker said last is heard
  // in the turn in which it ended.
  child.on('exit', () =>
    setImmediate(() => {
      for (const handle of untaken.values()) handle.close();
      untaken.clear();
    }),
  );
}
