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

  /** Nothing more is looked at: to ask what a condition costs may be to compile it. */
  get isSpent(): boolean {
    return this.#spent > DECISION_COST_MAX;
  }

  judge(condition: Condition | null): Outcome {
    if (condition === null) return 'met';
    if (this.isSpent) return 'failed';
    this.#spent += condition.cost;
    return this.isSpent ? 'failed' : condition.judge(this.#facts);
  }

  /** Whether it has to wait for a call that is not there yet; that costs what it would cost then. */
  waits(condition: Condition | null): boolean {
    if (condition === null || this.isSpent || !condition.readsCall) return false;
    this.#spent += condition.cost;
    return true;
  }

  /** Null where it cannot be worked out, or all of them together would cost too much. */
  read(expression: ValueExpression): string | null {
    this.#spent += expression.cost;
    return this.isSpent ? null : expression.read(this.#facts);
  }
}
