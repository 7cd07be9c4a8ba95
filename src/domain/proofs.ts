/**
 * The proofs that egress asks for. Each is an opaque type with one mint, and
 * `tests/architecture.test.ts` names the only file that may import each mint: leaving a check out
 * does not compile, and forging its proof does not pass the tests.
 */
import type { Call } from './call.ts';
import type { Denial } from './denial.ts';
import type { Deployment, ModelAlias } from './deployment.ts';
import type { Amounts, LimitState } from './limit-state.ts';
import type { Principal } from './principal.ts';
import type { ToolLimits } from './tool-limits.ts';
import type { MaybePromise } from '#stdx/maybe-promise.ts';

declare const proof: unique symbol;
interface Proof<Name extends string> {
  readonly [proof]: Name;
}

/** This principal may make this call, to these deployments and no others. */
export interface Grant extends Proof<'grant'>, ToolLimits {
  readonly principal: Principal;
  readonly alias: ModelAlias;
  readonly deployments: readonly Deployment[];
  /** The role and the rule that allowed it, for the record. */
  readonly role: string;
  readonly rule: string;
  /** Roles of the keys that the caller's key was made from: each had to allow the call too. */
  readonly parentRoles: readonly string[];
  /** Names of guards that the rule asks for. */
  readonly guards: readonly string[];
}

/** The record that the call begins is written. */
export interface Admitted extends Proof<'admitted'> {
  readonly requestId: string;
}

/** Every guard that must see the call has seen it, and its edits are in the body. */
export interface ClearedCall extends Proof<'cleared-call'> {
  readonly call: Call;
  /** Whether a guard has changed its text: it may be longer than what was asked for. */
  readonly isEdited: boolean;
}

/** Capacity is held, and is given back exactly once whatever happens. */
export interface Reservation extends Proof<'reservation'> {
  readonly id: string;
  readonly remaining: readonly LimitState[];
  /** Wall time: the periods of budgets that it counts in. */
  readonly atMs: number;
  /** Holds more for what the call has become. A denial: it holds what it held. */
  raise(estimate: Amounts): MaybePromise<Denial | null>;
  /** Holds so much more money wherever money is held. A denial: it holds what it held. */
  add(nanoUsd: number): MaybePromise<Denial | null>;
  /** Replaces what was held by what was used. Later calls do nothing. */
  settle(used: Amounts): void;
  /** Gives tokens back and keeps the request counted. Later calls do nothing. */
  release(): void;
  readonly isOpen: boolean;
}

export const mintGrant = (fields: Omit<Grant, typeof proof>): Grant => fields as Grant;
export const mintAdmitted = (requestId: string): Admitted => ({ requestId }) as Admitted;
export const mintClearedCall = (call: Call, isEdited = false): ClearedCall =>
  ({ call, isEdited }) as ClearedCall;
export const mintReservation = (fields: Omit<Reservation, typeof proof>): Reservation =>
  fields as Reservation;
