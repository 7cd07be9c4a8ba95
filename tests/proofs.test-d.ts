/** What must not compile. `tsc` checks this file: an expected error that is missing is an error. */
import type { Call } from '#domain/call.ts';
import type { Principal } from '#domain/principal.ts';
import type { Admitted, ClearedCall, Grant, Reservation } from '#domain/proofs.ts';
import type { Leaving } from '#gateway/attempt-start.ts';
import type { Egress } from '#gateway/egress.ts';
import type { Route } from '#gateway/routes.ts';

declare const egress: Egress;
declare const call: Call;
declare const principal: Principal;
declare const grant: Grant;
declare const admitted: Admitted;
declare const cleared: ClearedCall;
declare const reservation: Reservation;
declare const requestId: string;
declare const leaving: Leaving;

void egress.send({ grant, admitted, cleared, reservation }, leaving, []);

// @ts-expect-error An uninspected call cannot leave the process.
void egress.send({ grant, admitted, cleared: call, reservation }, leaving, []);

// @ts-expect-error A look-alike is not a proof.
void egress.send({ grant, admitted, cleared: { call }, reservation }, leaving, []);

// @ts-expect-error Without a grant nobody may call.
void egress.send({ admitted, cleared, reservation }, leaving, []);

// @ts-expect-error A principal is not yet a grant.
void egress.send({ grant: principal, admitted, cleared, reservation }, leaving, []);

// @ts-expect-error Without a record nothing leaves.
void egress.send({ grant, cleared, reservation }, leaving, []);

// @ts-expect-error A request id is not an admission.
void egress.send({ grant, admitted: { requestId }, cleared, reservation }, leaving, []);

// @ts-expect-error Without capacity nothing leaves.
void egress.send({ grant, admitted, cleared }, leaving, []);

// @ts-expect-error One proof does not stand for another.
void egress.send({ grant, admitted, cleared: admitted, reservation }, leaving, []);

declare const declared: Omit<Route, 'guards'>;
// @ts-expect-error A route that does not say what guards it is no route.
export const unguarded: Route = declared;

declare const unaudited: Omit<Route, 'audit'>;
// @ts-expect-error A route that does not say what records it is no route.
export const unrecorded: Route = unaudited;
