/** Time as an argument. Wall time dates records; monotonic time measures and refills. */
export interface Clock {
  /** Milliseconds since 1970. May jump in either direction. */
  nowMs(): number;
  /** Milliseconds since an arbitrary start. Never steps back. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
