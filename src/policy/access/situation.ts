/**
 * One decision's facts, and what its conditions may cost together. Beyond that a condition has
 * failed: then rules that allow do not, and rules that deny do.
 */
import type { AskedCall, AskedRequest } from '#domain/asked.ts';
import type { Principal } from '#domain/principal.ts';

import type { Condition, Outcome, ValueExpression } from './condition.ts';
import { CallFacts, type Facts, PrincipalFacts, RequestFacts } from './facts.ts';

/** A few milliseconds, whatever rules a tenant has and whatever a caller sends. */
const DECISION_COST_MAX = 100_000;

/** Of principals that live as long as their credential is cached. */
const known = new WeakMap<Principal, PrincipalFacts>();

function principalFacts(principal: Principal): PrincipalFacts {
  const found = known.get(principal);
  if (found !== undefined) return found;
  const facts = new PrincipalFacts(principal);
  known.set(principal, facts);
  return facts;
}

export interface Asking {
  readonly principal: Principal;
  /** What is known of the call; nothing before its body is read. */
  readonly call: Partial<AskedCall>;
  readonly request: AskedRequest;
  readonly timeZone: string;
}

export class Situation {
  readonly #facts: Facts;
  #spent = 0;

  constructor({ principal, call, request, timeZone }: Asking) {
    this.#facts = {
      principal: principalFacts(principal),
      call: new CallFacts(call),
      request: new RequestFacts(request, timeZone),
    };
  }

  judge(condition: Condition | null): Outcome {
    if (condition === null) return 'met';
    this.#spent += condition.cost;
    return this.#spent > DECISION_COST_MAX ? 'failed' : condition.judge(this.#facts);
  }

  /** Null where it cannot be worked out, or all of them together would cost too much. */
  read(expression: ValueExpression): string | null {
    this.#spent += expression.cost;
    return this.#spent > DECISION_COST_MAX ? null : expression.read(this.#facts);
  }
}
