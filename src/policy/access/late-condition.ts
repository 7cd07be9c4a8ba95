/**
 * A condition that is compiled when a call first needs it: a store of many tenants and keys is read
 * without stopping the rest. Whoever writes one has compiled it before, to tell what is wrong with it.
 */
import { Lru } from '#stdx/lru.ts';

import { brokenCondition, compileCondition, type Condition, type Outcome } from './condition.ts';
import type { Facts } from './facts.ts';

/** By its text: a change of the store makes all policies anew, and compiles nothing again. */
const compiled = new Lru<string, Condition>(8_192);

function compiledOf(text: string): Condition {
  const known = compiled.get(text);
  if (known !== undefined) return known;
  // File and admin API have refused what does not compile: this was written into the store by hand.
  const result = compileCondition(text);
  const condition = result.ok ? result.value : brokenCondition(text);
  compiled.set(text, condition);
  return condition;
}

export class LateCondition implements Condition {
  readonly text: string;
  #compiled: Condition | null = null;

  constructor(text: string) {
    this.text = text;
  }

  get #own(): Condition {
    return (this.#compiled ??= compiledOf(this.text));
  }

  get cost(): number {
    return this.#own.cost;
  }

  get readsCall(): boolean {
    return this.#own.readsCall;
  }

  judge(facts: Facts): Outcome {
    return this.#own.judge(facts);
  }
}
