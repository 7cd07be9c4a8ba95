/**
 * Work that is asked for by a change and must not be lost with one fault: until it has succeeded it is
 * done again, ever less often. While it fails, what was in force before stays, and that may be a key
 * that was revoked since.
 */
const FIRST_MS = 200;
const WAIT_MS_MAX = 5_000;

export interface Retried {
  /** Now, whatever was waited for. */
  readonly run: () => void;
  readonly stop: () => void;
}

export function retried(work: () => Promise<void>, onFault: () => void): Retried {
  let timer: NodeJS.Timeout | undefined;
  let waitMs = FIRST_MS;
  let isStopped = false;
  /** The number of the latest beginning: one before it says nothing about what has changed since. */
  let latest = 0;
  const run = (): void => {
    if (isStopped) return;
    clearTimeout(timer);
    latest += 1;
    const own = latest;
    work().then(
      () => {
        if (own === latest) waitMs = FIRST_MS;
      },
      () => {
        if (isStopped) return;
        onFault();
        if (own !== latest) return;
        timer = setTimeout(run, waitMs).unref();
        waitMs = Math.min(waitMs * 2, WAIT_MS_MAX);
      },
    );
  };
  return {
    run,
    stop: () => {
      isStopped = true;
      clearTimeout(timer);
    },
  };
}
