/** What every step of one request has at hand. */
import type { AskedRequest } from '#domain/asked.ts';

import type { CallRecord } from './call-record.ts';
import type { Caller } from './end-users.ts';
import type { Gateway } from './ports.ts';

export interface Scene extends Caller {
  readonly gateway: Gateway;
  readonly record: CallRecord;
  readonly request: AskedRequest;
}

export function sceneOf(
  { principal, endUser }: Caller,
  record: CallRecord,
  gateway: Gateway,
): Scene {
  const { ip, route } = record.inbound;
  const request = { ip, route: route.name, clock: gateway.clock };
  return { gateway, record, request, principal, endUser };
}
