/** A bound on what one process says to another that does not read. */
import type { Wire } from './channel.ts';

/**
 * Messages on their way at once. A side that does not read for so many hangs: what it is told would fill the
 * memory of the other, which takes it for gone instead. At ten a second, as without calls, that is a quarter
 * of an hour; under load it is seconds.
 */
export const UNREAD_MAX = 10_000;

/** Sends, and counts what is on its way. `overrun`: too much is. */
export function bounded(
  send: (message: unknown, sent: () => void) => unknown,
  overrun: () => void,
): Wire['send'] {
  let unread = 0;
  return (message) => {
    unread += 1;
    // One that did not go out went to a process that is gone: its end is heard of, and is no error of ours.
    send(message, () => {
      unread -= 1;
    });
    if (unread > UNREAD_MAX) overrun();
  };
}
