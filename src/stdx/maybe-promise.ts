/** A value that is usually there at once: an `await` on it would cost a turn of the event loop. */
export type MaybePromise<T> = T | Promise<T>;

export function andThen<T, U>(
  value: MaybePromise<T>,
  next: (value: T) => MaybePromise<U>,
): MaybePromise<U> {
  return value instanceof Promise ? value.then(next) : next(value);
}
