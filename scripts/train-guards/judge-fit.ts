/** Fits the small model on top: plain logistic regression over a few dozen dense features. */
import type { Judge } from '#policy/guards/linear-model/verdict.ts';

export interface Sample {
  readonly dense: Float64Array;
  readonly isAttack: boolean;
  readonly weight: number;
}

/** Enough for features that say different things; of windows that overlap it takes more. */
const STEPS = 600;
const RATE = 0.5;
const RIDGE = 2e-4;

/** Features that argue for an attack may not argue against one: a signature never clears a text. */
export function fitJudge(
  samples: readonly Sample[],
  neverNegative: ReadonlySet<number>,
  steps: number = STEPS,
): Judge {
  const size = samples[0]?.dense.length ?? 0;
  const scales = scalesOf(samples, size);
  const weights = new Float64Array(size);
  const velocity = new Float64Array(size);
  let [bias, biasVelocity] = [0, 0];
  const total = samples.reduce((sum, { weight }) => sum + weight, 0);
  for (let step = 0; step < steps; step += 1) {
    const gradient = new Float64Array(size);
    let biasGradient = 0;
    for (const { dense, isAttack, weight } of samples) {
      let z = bias;
      for (let at = 0; at < size; at += 1)
        z += ((dense[at] as number) / (scales[at] as number)) * (weights[at] as number);
      const error = (weight * (1 / (1 + Math.exp(-z)) - (isAttack ? 1 : 0))) / total;
      biasGradient += error;
      for (let at = 0; at < size; at += 1)
        gradient[at] =
          (gradient[at] as number) + (error * (dense[at] as number)) / (scales[at] as number);
    }
    biasVelocity = 0.9 * biasVelocity - RATE * biasGradient;
    bias += biasVelocity;
    for (let at = 0; at < size; at += 1) {
      const slope = (gradient[at] as number) + RIDGE * (weights[at] as number);
      velocity[at] = 0.9 * (velocity[at] as number) - RATE * slope;
      weights[at] = (weights[at] as number) + (velocity[at] as number);
      if (neverNegative.has(at)) weights[at] = Math.max(0, weights[at] as number);
    }
  }
  const round = (value: number): number => Math.round(value * 1e5) / 1e5;
  return {
    bias: round(bias),
    weights: Array.from(weights, (weight, at) => round(weight / (scales[at] as number))),
  };
}

function scalesOf(samples: readonly Sample[], size: number): Float64Array {
  const scales = new Float64Array(size);
  for (const { dense } of samples)
    for (let at = 0; at < size; at += 1)
      scales[at] = (scales[at] as number) + (dense[at] as number) ** 2;
  return scales.map((sum) => Math.max(1e-3, Math.sqrt(sum / samples.length)));
}
