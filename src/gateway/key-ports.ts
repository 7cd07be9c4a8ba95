/** What is kept of the use of keys beside the records of calls. */
import type { DenialReason } from '#domain/denial.ts';
import type { Principal } from '#domain/principal.ts';

/** Told of each call that a key has proven. It waits for nothing. */
export interface KeyUsePort {
  used(keyId: string): void;
}

/** Told of what proven callers were refused. Puts a key aside that is refused too often. */
export interface MisusePort {
  denied(principal: Principal, reason: DenialReason): void;
}
