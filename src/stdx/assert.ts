/** A mistake in our own code. Nothing that a caller, an operator or a provider sends may raise it. */
export class InvariantViolation extends Error {
  override readonly name = 'InvariantViolation';
}

/** Narrows, or crashes the request with a claim that reads as a sentence. */
export function assert(holds: boolean, claim: string): asserts holds {
  if (!holds) throw new InvariantViolation(claim);
}

/** Closes a `switch` over a union: a new member makes every unfinished switch a type error. */
export function unreachable(value: never): never {
  throw new InvariantViolation(`a member without a case: ${typeof value}`);
}
