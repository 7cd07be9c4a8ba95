/**
 * How long answers of a model to a tenant usually are, learned as they come: a moving mean and how far answers
 * are from it. For budgets that hold what calls usually cost instead of the most that they can.
 */
import { Lru } from '#stdx/lru.ts';

interface Learned {
  samples: number;
  mean: number;
  deviation: number;
}

/** Of a sample, in what was learned. About the last thirty answers count. */
const WEIGHT = 1 / 16;
/** Before so many answers nothing is known. */
const SAMPLES_MIN = 20;
/** About one answer in a hundred is longer. */
const DEVIATIONS = 4;
const MODELS_MAX = 10_000;

export class Expectations {
  readonly #learned = new Lru<string, Learned>(MODELS_MAX);

  ended(tenant: string, model: string, outputTokens: number): void {
    const name = `${tenant} ${model}`;
    const known = this.#learned.get(name);
    if (known === undefined) {
      this.#learned.set(name, { samples: 1, mean: outputTokens, deviation: outputTokens / 2 });
      return;
    }
    const distance = outputTokens - known.mean;
    known.samples += 1;
    known.mean += distance * WEIGHT;
    known.deviation += (Math.abs(distance) - known.deviation) * WEIGHT;
  }

  /** Null: too little is known. */
  outputTokens(tenant: string, model: string): number | null {
    const known = this.#learned.get(`${tenant} ${model}`);
    if (known === undefined || known.samples < SAMPLES_MIN) return null;
    return Math.ceil(known.mean + DEVIATIONS * known.deviation);
  }
}
