/** Whom and what the limits of one request count by. Worked out when a limit asks for it. */
import { prefixOf } from '#domain/address-prefix.ts';
import type { AskedCall, AskedRequest } from '#domain/asked.ts';
import type { Call } from '#domain/call.ts';
import type { Principal } from '#domain/principal.ts';
import type { Grant } from '#domain/proofs.ts';
import { outermostOf } from '#domain/run.ts';
import type { Subject } from '#policy/limiters/limiter.ts';

import type { Inbound } from './ports.ts';
import { sessionOf } from './session.ts';

/** Keys that were made from one key share what it is given: making more of them gives nobody more. */
export function rootKeyOf(principal: Principal): string | null {
  let root = principal;
  while (root.parent !== null) root = root.parent;
  return root.keyId;
}

export class CallSubject implements Subject {
  readonly principal: Principal;
  readonly request: AskedRequest;
  readonly call: Partial<AskedCall>;
  readonly model: string;
  readonly provider: string | null;
  readonly role: string;
  readonly #rawHeaders: readonly string[];

  constructor(
    { rawHeaders }: Pick<Inbound, 'rawHeaders'>,
    { principal, request }: { readonly principal: Principal; readonly request: AskedRequest },
    asked: { readonly call: Call; readonly grant: Grant; readonly provider?: string } | null,
  ) {
    this.principal = principal;
    this.request = request;
    this.call = asked?.call ?? {};
    this.model = asked?.grant.alias.name ?? '';
    this.provider = asked?.provider ?? null;
    this.role = asked?.grant.role ?? '';
    this.#rawHeaders = rawHeaders;
  }

  get tenant(): string {
    return this.principal.tenant;
  }

  get team(): string | null {
    return this.principal.team;
  }

  get user(): string | null {
    return this.principal.user;
  }

  get serviceAccount(): string | null {
    return this.principal.serviceAccount?.name ?? null;
  }

  get key(): string | null {
    return rootKeyOf(this.principal);
  }

  /** The outermost: an agent and its sub-agents are one run. */
  get run(): string | null {
    const { run } = this.principal;
    return run === null ? null : outermostOf(run.path);
  }

  get address(): string {
    return this.request.ip;
  }

  get ip(): string {
    return prefixOf(this.request.ip);
  }

  get route(): string {
    return this.request.route;
  }

  get endUser(): string | null {
    return this.call.endUser ?? null;
  }

  get session(): string | null {
    return sessionOf(this.#rawHeaders);
  }

  get tools(): readonly string[] {
    return this.call.tools?.map(({ name }) => name) ?? [];
  }
}
