/** Bounds that receivers over HTTP share: one request has at most a thousand records and a megabyte. */
export const httpBounds = {
  takes: 'records',
  recordsMax: 1_000,
  bytesMax: 1_024 * 1_024,
  lingerMs: 250,
  settleMs: 0,
} as const;
