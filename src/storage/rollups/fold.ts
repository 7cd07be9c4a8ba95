/** Samples of one batch, put together: one cell a step, moment and series. */
import { Rollup, type RollupKind, rollupSteps, type Sample } from './rollup.ts';

export interface Cell {
  readonly stepMs: number;
  readonly atMs: number;
  readonly kind: RollupKind;
  readonly dims: readonly (string | null)[];
  readonly rollup: Rollup;
}

export interface Folding {
  readonly samples: readonly Sample[];
  /** What is older than a step is kept goes into coarser ones alone. */
  readonly nowMs: number;
}

/** `known`: every record up to it was counted before. */
export function foldSamples({ samples, nowMs }: Folding, known: number): readonly Cell[] {
  const cells = new Map<string, Cell>();
  for (const sample of samples) {
    if (sample.seq <= known) continue;
    const series = JSON.stringify([sample.kind, ...sample.dims]);
    for (const { stepMs, keptMs } of rollupSteps) {
      const atMs = Math.floor(sample.atMs / stepMs) * stepMs;
      if (atMs < nowMs - keptMs) continue;
      const key = `${stepMs} ${atMs} ${series}`;
      const cell = cells.get(key) ?? cellOf(sample, stepMs, atMs);
      cells.set(key, cell);
      cell.rollup.add(sample);
    }
  }
  return [...cells.values()];
}

const cellOf = ({ kind, dims }: Sample, stepMs: number, atMs: number): Cell => ({
  stepMs,
  atMs,
  kind,
  dims,
  rollup: new Rollup(),
});
